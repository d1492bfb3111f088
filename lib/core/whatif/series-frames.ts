import { METERS, type Meter, type PerMeter } from '../meter.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import type { Frame } from '../trace/frame.ts';
import { frameOfSample } from '../trace/sample.ts';
import type { DurationMs } from '../units.ts';

/** An interval above this many steps is a hole: the VM was off, or nobody looked. */
const HOLE_STEPS = 3;

/**
 * Recorded use as frames, in order. The first interval, which a series does not tell, and the interval after a hole are one
 * step: the median of all intervals. Empty for a series without samples.
 */
export function* framesOfSeries(series: UseSeries): Generator<Frame> {
  const { vm, times } = series;
  const step = stepOf(times);
  for (let i = 0; i < times.length; i += 1) {
    const time = times[i] ?? 0;
    const passed = time - (times[i - 1] ?? time - step);
    const interval = passed > HOLE_STEPS * step ? step : passed;
    yield frameOfSample({ time, vm, use: useAt(series, i), capacity: capacityAt(series, i) }, interval);
  }
}

function useAt({ meters }: UseSeries, i: number): PerMeter {
  const use: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) put(use, meter, meters[meter]?.[i]);
  return use;
}

/** A capacity of 0 is a machine that was off, not a limit. */
function capacityAt({ cpuCapacity, memoryCapacity }: UseSeries, i: number): PerMeter {
  const capacity: Partial<Record<Meter, number>> = {};
  if (cpuCapacity?.[i] !== 0) put(capacity, 'cpu', cpuCapacity?.[i]);
  if (memoryCapacity?.[i] !== 0) put(capacity, 'memory', memoryCapacity?.[i]);
  return capacity;
}

function put(values: Partial<Record<Meter, number>>, meter: Meter, value: number | undefined): void {
  if (value !== undefined && !Number.isNaN(value)) values[meter] = value;
}

/** Median time between samples, ms; one second for a series that has no two. */
function stepOf(times: Float64Array): DurationMs {
  const steps = new Float64Array(Math.max(0, times.length - 1));
  for (let i = 0; i < steps.length; i += 1) steps[i] = (times[i + 1] ?? 0) - (times[i] ?? 0);
  return steps.sort()[steps.length >> 1] ?? 1000;
}
