import { MINUTE_MS, type DurationMs, type EpochMs } from '../units.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';

const THRESHOLDS: readonly number[] = [1, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.05];
const UP = 1.5;
const DOWN = 0.75;
const SAMPLES_ABOVE = 3;
/** Smallest size, as a multiple of the histogram's first bucket: a size of 0 could never be raised by a factor. */
const LEAST = 1;

interface Pace {
  /** Time below the lower threshold before it goes down, and the least time between two steps down. */
  readonly down: DurationMs;
  /** Least time between two steps up. */
  readonly up: DurationMs;
}

function reactiveRule(rule: Pick<PeerRule, 'id' | 'title'>, paceOf: (series: PeerSeries) => Pace): PeerRule {
  return {
    ...rule,
    knob: 'upper threshold',
    settings: THRESHOLDS.map((up) => `${Math.round(100 * up)} %`),
    decide: (series, out) => {
      for (const [k, up] of THRESHOLDS.entries())
        decideOne(series, out.subarray(k * series.times.length), up, paceOf(series));
    },
  };
}

/**
 * Threshold scaling: x 1.5 when use was above the upper threshold for 3 samples, or reached the size, at most every 5 min;
 * x 0.75 when it was below half of the threshold for 60 min, at most every 60 min.
 */
export const reactive: PeerRule = reactiveRule({ id: 'reactive', title: 'reactive thresholds' }, () => ({
  down: 60 * MINUTE_MS,
  up: 5 * MINUTE_MS,
}));

/** The same with its times in samples (12 down, 1 up), which is quicker on traces that are short. */
export const reactiveQuick: PeerRule = reactiveRule(
  { id: 'reactive-quick', title: 'reactive thresholds, times in samples' },
  ({ step }) => ({ down: 12 * step, up: step }),
);

function decideOne({ times, values, step, resolution }: PeerSeries, out: Float64Array, up: number, pace: Pace): void {
  const state: Scaled = {
    size: Math.max((values[0] ?? 0) / up, LEAST * resolution),
    above: 0,
    below: 0,
    raisedAt: -Infinity,
    loweredAt: -Infinity,
  };
  for (let i = 0; i < times.length; i += 1) {
    const use = (values[i] ?? 0) / state.size;
    state.above = use > up ? state.above + 1 : 0;
    state.below = use < up / 2 ? state.below + step : 0;
    if (state.above >= SAMPLES_ABOVE || use >= 1) raise(state, times[i] ?? 0, pace);
    // After a step up nothing is below the threshold any more.
    if (state.below >= pace.down) lower(state, times[i] ?? 0, pace);
    state.size = Math.max(state.size, LEAST * resolution);
    out[i] = state.size;
  }
}

interface Scaled {
  size: number;
  /** Samples above the upper threshold, and time below the lower one, without a break. */
  above: number;
  below: DurationMs;
  raisedAt: EpochMs;
  loweredAt: EpochMs;
}

function raise(state: Scaled, at: EpochMs, pace: Pace): void {
  if (at - state.raisedAt < pace.up) return;
  state.size *= UP;
  state.raisedAt = at;
  state.above = 0;
  state.below = 0;
}

function lower(state: Scaled, at: EpochMs, pace: Pace): void {
  if (at - state.loweredAt < pace.down) return;
  state.size *= DOWN;
  state.loweredAt = at;
  state.below = 0;
}
