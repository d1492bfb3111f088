import { DAY_MS, type DurationMs } from '../units.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';
import { percentileKnob, percentileSweep } from './percentile-knob.ts';
import { SortedWindow } from './sorted-window.ts';

const LOOK_BACK: DurationMs = 14 * DAY_MS;
const HEADROOM = 0.2;
const KNOB = percentileKnob([
  { level: 0.5, margin: -0.2 },
  ...percentileSweep([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1], HEADROOM),
]);

function lookBackRule(rule: Pick<PeerRule, 'id' | 'title'>, period: DurationMs): PeerRule {
  return {
    ...rule,
    knob: 'percentile',
    settings: KNOB.words,
    decide: (series, out) => {
      decideAll(series, out, period);
    },
  };
}

/**
 * AWS Compute Optimizer's rule for EC2: a percentile (P99.5 by default) of the last 14 days plus 20 % headroom, looked at once a
 * day from the end of the training part on. Source: Compute Optimizer user guide, rightsizing preferences.
 */
export const computeOptimizer: PeerRule = lookBackRule(
  { id: 'compute-optimizer', title: 'Compute Optimizer, once a day' },
  DAY_MS,
);

/** The same looked at after every sample. */
export const computeOptimizerLive: PeerRule = lookBackRule(
  { id: 'compute-optimizer-live', title: 'Compute Optimizer, every sample' },
  0,
);

function decideAll({ times, values, trainedAt }: PeerSeries, out: Float64Array, period: DurationMs): void {
  const n = times.length;
  const window = new SortedWindow();
  const quantiles = new Float64Array(KNOB.levels.length);
  let oldest = 0;
  let due = -Infinity;
  for (let i = 0; i < n; i += 1) {
    const at = times[i] ?? 0;
    window.add(values[i] ?? 0);
    for (; (times[oldest] ?? at) <= at - LOOK_BACK; oldest += 1) window.remove(values[oldest] ?? 0);
    if (at >= due) {
      window.quantiles(KNOB.levels, quantiles);
      // Before the end of the training part nothing is kept from being up to date.
      due = at < trainedAt ? at : at + period;
    }
    KNOB.spread(quantiles, out, { i, n });
  }
}
