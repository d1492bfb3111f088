import type { PeerRule } from './peer-rule.ts';
import { percentileKnob } from './percentile-knob.ts';
import { SortedWindow } from './sorted-window.ts';

const KNOB = percentileKnob([
  ...[0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1].map((level) => ({ level, margin: 0 })),
  ...[0.2, 0.5, 1, 3, 10].map((margin) => ({ level: 1, margin })),
]);

/** One size for good: a percentile (or the peak) of the training part plus a margin. Until its end: of what was seen so far. */
export const staticSize: PeerRule = {
  id: 'static',
  title: 'static peak or percentile',
  knob: 'percentile',
  settings: KNOB.words,
  decide: ({ times, values, trainedAt }, out) => {
    const n = times.length;
    const seen = new SortedWindow();
    const quantiles = new Float64Array(KNOB.levels.length);
    for (let i = 0; i < n; i += 1) {
      if ((times[i] ?? 0) < trainedAt || i === 0) {
        seen.add(values[i] ?? 0);
        seen.quantiles(KNOB.levels, quantiles);
      }
      KNOB.spread(quantiles, out, { i, n });
    }
  },
};
