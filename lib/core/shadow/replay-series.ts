import type { Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter, type PerMeter } from '../meter.ts';
import { frameOfSample, type UseSample } from '../trace/sample.ts';
import type { DurationMs, EpochMs, VmId } from '../units.ts';
import { Shadow } from './shadow.ts';

/** A VM's recorded use, column by column: rising times in ms, NaN for unknown. */
export interface UseSeries {
  readonly vm: VmId;
  readonly times: Float64Array;
  readonly meters: Readonly<Partial<Record<Meter, Float64Array>>>;
  readonly cpuCapacity?: Float64Array | undefined;
  readonly memoryCapacity?: Float64Array | undefined;
}

/** One replayed sample, before and after the shadow saw it. */
export interface ReplayVisitor {
  /** The sample is known to have been taken at `at`, the shadow has not seen it yet. */
  readonly before: (use: PerMeter, at: EpochMs) => void;
  /** The shadow has seen everything up to and with this sample. */
  readonly after: (shadow: Shadow, at: EpochMs) => void;
}

/**
 * Replays recorded use through a shadow, in order: the backtest's loop over the very functions that run live. Nothing that a
 * visitor sees depends on later samples. The first interval is not known from a series; it is taken as the hold time.
 */
export function replaySeries(series: UseSeries, horizon: Horizon, visitor: ReplayVisitor): Shadow {
  const { vm, times } = series;
  const first = times[0] ?? 0;
  const shadow = Shadow.create({ vm, name: vm, actuator: 'none' }, SOURCE.host, horizon, first);
  let interval: DurationMs = horizon.hold;
  for (let i = 0; i < times.length; i += 1) {
    const sample = sampleAt(series, i);
    if (i > 0) interval = sample.time - (times[i - 1] ?? 0);
    visitor.before(sample.use, sample.time);
    shadow.apply({ ...SOURCE, sequence: i + 1 }, frameOfSample(sample, interval));
    visitor.after(shadow, sample.time);
  }
  return shadow;
}

/** A recording comes from one place and is never sent twice. */
const SOURCE = { host: 'recording', epoch: '1' };

function sampleAt({ vm, times, meters, cpuCapacity, memoryCapacity }: UseSeries, i: number): UseSample {
  const use = known(METERS.map((meter) => [meter, meters[meter]?.[i]]));
  const capacity = known([
    ['cpu', positive(cpuCapacity?.[i])],
    ['memory', positive(memoryCapacity?.[i])],
  ]);
  return { time: times[i] ?? 0, vm, use, capacity };
}

function known(cells: readonly (readonly [Meter, number | undefined])[]): PerMeter {
  const values: Partial<Record<Meter, number>> = {};
  for (const [meter, value] of cells) if (value !== undefined && !Number.isNaN(value)) values[meter] = value;
  return values;
}

/** A capacity of 0 is a machine that was off, not a limit. */
const positive = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
