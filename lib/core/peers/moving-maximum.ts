import type { PeerRule } from './peer-rule.ts';
import { marginWords } from './percentile-knob.ts';
import { slidingMaximum } from './sliding-maximum.ts';

function followRule(rule: Pick<PeerRule, 'id' | 'title'>, window: number, margins: readonly number[]): PeerRule {
  return {
    ...rule,
    knob: 'margin',
    settings: margins.map(marginWords),
    decide: ({ values }, out) => {
      const n = values.length;
      const most = values.slice();
      slidingMaximum(most, { from: 0, n, window });
      for (const [k, margin] of margins.entries())
        for (let i = 0; i < n; i += 1) out[k * n + i] = (most[i] ?? 0) * (1 + margin);
    },
  };
}

/** The highest of the last 12 samples plus a margin: an autoscaler that scales up at once and down after a while. */
export const movingMaximum: PeerRule = followRule(
  { id: 'moving-maximum', title: 'maximum of the last 12 + margin' },
  12,
  [-0.5, -0.2, -0.1, 0, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8],
);

/** The last sample plus a margin: a plain autoscaler that is free to move at every sample. */
export const lastValue: PeerRule = followRule(
  { id: 'last-value', title: 'last value + margin' },
  1,
  [0.05, 0.2, 0.5, 1, 2, 4, 8, 16, 32, 64],
);
