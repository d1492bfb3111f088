import type { Tally } from '../../lib/core/trace/frame.ts';

/** The `most` largest counts, largest first (equal ones by key), and all others summed under key -1. */
export function topTallies(counts: ReadonlyMap<number, number>, most: number): readonly Tally[] {
  const tallies = [...counts]
    .map(([key, count]) => ({ key, count: Math.round(count) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.key - b.key);
  const rest = tallies.slice(most).reduce((sum, { count }) => sum + count, 0);
  return rest === 0 ? tallies : [...tallies.slice(0, most), { key: -1, count: rest }];
}
