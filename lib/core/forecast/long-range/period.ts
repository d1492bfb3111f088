import type { History } from './history.ts';

/** Steps over which a period must show. */
const WINDOW = 576;
/** A longer period must fit this much better than a shorter one: multiples of a period fit as well as the period. */
const BETTER = 0.98;

/** The lag at which the last steps repeat best, and the mean difference of sizes there; 0 steps where none can be seen. */
export interface Period {
  readonly steps: number;
  readonly misfit: number;
}

/** Looks for a period of 2 to `longest` steps before `now`; it must have had room to show twice. */
export function periodOf(history: History, now: number, longest: number): Period {
  const most = Math.min(longest, Math.floor(now / 3));
  const sizes = history.sizes(1);
  const first = Math.max(most + 1, now - WINDOW + 1);
  const count = now - first + 1;
  let best: Period = { steps: 0, misfit: Infinity };
  for (let lag = 2; lag <= most; lag += 1) {
    const limit = best.misfit * BETTER * count;
    let sum = 0;
    for (let t = now; t >= first && sum < limit; t -= 1) sum += Math.abs((sizes[t] ?? 0) - (sizes[t - lag] ?? 0));
    if (sum < limit) best = { steps: lag, misfit: sum / count };
  }
  return best;
}
