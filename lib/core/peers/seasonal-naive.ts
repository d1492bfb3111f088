import { DAY_MS, type EpochMs } from '../units.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';
import { marginWords } from './percentile-knob.ts';

const MARGINS: readonly number[] = [-0.5, -0.2, 0, 0.2, 0.5, 1, 2, 4, 8, 16, 32, 64];

/**
 * What was wanted a day before the window that is decided for, one sample wider on both sides, plus a margin. Until there is a
 * day before, and where its samples are missing: the highest sample so far.
 */
export const seasonalNaive: PeerRule = {
  id: 'seasonal-naive',
  title: 'same time yesterday + margin',
  knob: 'margin',
  settings: MARGINS.map(marginWords),
  decide: (series, out) => {
    const { times, values, step, horizon } = series;
    const n = times.length;
    let first = 0;
    let most = 0;
    for (let i = 0; i < n; i += 1) {
      most = Math.max(most, values[i] ?? 0);
      const from = (times[i] ?? 0) + horizon.lead - DAY_MS - 1.5 * step;
      while ((times[first] ?? Infinity) < from) first += 1;
      const base = highestUntil(series, { first, last: i, until: from + horizon.hold + 2 * step }) ?? most;
      for (let k = 0; k < MARGINS.length; k += 1) out[k * n + i] = base * (1 + (MARGINS[k] ?? 0));
    }
  },
};

/** The highest sample from `first` up to a time, undefined when there is none; `last` is the newest that may be seen. */
function highestUntil(
  { times, values }: PeerSeries,
  { first, last, until }: { readonly first: number; readonly last: number; readonly until: EpochMs },
): number | undefined {
  let most: number | undefined;
  for (let j = first; j <= last && (times[j] ?? Infinity) <= until; j += 1) most = Math.max(most ?? 0, values[j] ?? 0);
  return most;
}
