import { DAY_MS, HOUR_MS, type DurationMs, type EpochMs } from '../units.ts';
import { nextCycle } from './crane-estimators.ts';
import { DecayingHistogram } from './histogram.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';
import { marginWords } from './percentile-knob.ts';
import { isPeriodic } from './period.ts';

const HISTORY: DurationMs = 15 * DAY_MS;
/** Cycles that are looked for, in this order. */
const CYCLES: readonly DurationMs[] = [DAY_MS, 7 * DAY_MS];
const REACH: DurationMs = 4 * HOUR_MS;
/** A gap longer than this begins the history anew. */
const LONGEST_GAP: DurationMs = HOUR_MS;
/** crane looks every 12 h; once a day is enough for cycles of a day or more. */
const REFIT: DurationMs = DAY_MS;
const HALF_LIFE: DurationMs = DAY_MS;
const PERCENTILE: readonly number[] = [0.99];
const MARGINS: readonly number[] = [-0.5, -0.2, 0, 0.1, 0.2, 0.5, 1, 2, 4, 8, 16];

/**
 * crane's DSP forecast: when the last 15 days repeat daily (or else weekly), the next cycle is what the best of its estimators
 * (highest of the same phase; low-pass with 3 or 50 spectrum items) makes of them, judged by its own asymmetric error
 * on the last cycle. The size is the higher of forecast and last sample, as its autoscaler takes it, plus a margin. Where
 * no cycle is found, its percentile estimator: P99 of a histogram with a half-life of 24 h, plus the margin.
 * Source: gocrane/crane, pkg/prediction/{dsp,percentile,accuracy}.
 */
export const craneDsp: PeerRule = {
  id: 'crane-dsp',
  title: 'crane DSP + margin',
  knob: 'margin',
  settings: MARGINS.map(marginWords),
  decide: (series, out) => {
    const { times, values, horizon, step } = series;
    const n = times.length;
    const histogram = new DecayingHistogram(series.resolution, HALF_LIFE);
    const percentile = new Float64Array(1);
    let cycle: Cycle | undefined;
    let refitAt = (times[0] ?? 0) + 2 * DAY_MS;
    for (let i = 0; i < n; i += 1) {
      const now = at(times, i);
      histogram.add(at(values, i), now);
      if (now >= refitAt) {
        cycle = fit(series, i);
        refitAt = now + REFIT;
      }
      if (cycle === undefined) histogram.quantiles(PERCENTILE, percentile);
      const forecast = cycle && highest(cycle, now + horizon.lead, horizon.hold / step);
      const base = forecast === undefined ? at(percentile, 0) : Math.max(forecast, at(values, i));
      for (let k = 0; k < MARGINS.length; k += 1) out[k * n + i] = base * (1 + (MARGINS[k] ?? 0));
    }
  },
};

/** The forecast of one cycle: `values[0]` is for the time `from`, one cycle and whole cycles after it. */
interface Cycle {
  readonly from: EpochMs;
  readonly step: DurationMs;
  readonly values: Float64Array;
}

function highest({ from, step, values }: Cycle, time: EpochMs, samples: number): number {
  const first = Math.round((time - from) / step);
  let most = 0;
  for (let j = 0; j < Math.max(1, samples); j += 1) most = Math.max(most, values[(first + j) % values.length] ?? 0);
  return most;
}

function fit(series: PeerSeries, newest: number): Cycle | undefined {
  const { step, times } = series;
  const history = evenHistory(series, newest);
  for (const duration of CYCLES) {
    const period = Math.round(duration / step);
    if (!isPeriodic(history, period, Math.round(REACH / step))) continue;
    const whole = history.subarray(history.length - Math.floor(history.length / period) * period);
    const values = nextCycle(whole, { period, sampleSeconds: step / 1000 });
    return { from: (times[newest] ?? 0) + step, step, values };
  }
  return undefined;
}

/** The samples after the last long gap, at even steps back from the newest one, linear between two of them. */
function evenHistory(series: PeerSeries, newest: number): Float64Array {
  const { times, values, step } = series;
  const first = beginOfHistory(series, newest);
  const begin = at(times, first);
  const end = at(times, newest);
  const n = Math.floor((end - begin) / step) + 1;
  const even = new Float64Array(n);
  let b = first;
  for (let i = 0; i < n; i += 1) {
    const time = end - (n - 1 - i) * step;
    while (b < newest && at(times, b) < time) b += 1;
    const a = Math.max(first, b - 1);
    const width = at(times, b) - at(times, a);
    const share = width > 0 ? (time - at(times, a)) / width : 1;
    even[i] = at(values, a) + share * (at(values, b) - at(values, a));
  }
  return even;
}

function beginOfHistory({ times }: PeerSeries, newest: number): number {
  const oldest = at(times, newest) - HISTORY;
  let first = newest;
  while (first > 0 && at(times, first - 1) >= oldest && at(times, first) - at(times, first - 1) <= LONGEST_GAP)
    first -= 1;
  return first;
}

const at = (column: Float64Array, i: number): number => column[i] ?? 0;
