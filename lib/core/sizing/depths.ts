import type { Probability } from '../units.ts';

let ofLevels: readonly Probability[] = [];
let known: readonly number[] = [];

/** How deep a level is in the tail: -ln(1 - level), on which scale an exponential tail is a straight line. */
export const depthOf = (level: Probability): number => -Math.log(1 - level);

/** The depths of levels. They are asked for with the same array again and again, and logarithms are dear. */
export function depthsOf(levels: readonly Probability[]): readonly number[] {
  if (levels !== ofLevels) {
    ofLevels = levels;
    known = levels.map(depthOf);
  }
  return known;
}
