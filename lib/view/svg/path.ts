import type { Scale } from './scale.ts';

/** A corner of a line, in data units. */
export type Spot = readonly [x: number, y: number];

/** `M x y L x y ...` through the spots in data units; empty for none. */
export function linePath(spots: readonly Spot[], x: Scale, y: Scale): string {
  return spots.map(([at, value], index) => `${index === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('');
}

/** The area between an upper and a lower line over the same times. */
export function bandPath(upper: readonly Spot[], lower: readonly Spot[], x: Scale, y: Scale): string {
  return upper.length === 0 ? '' : `${linePath([...upper, ...lower.toReversed()], x, y)}Z`;
}

/** Each value holds until the next one begins, and the last until `until`: the corners of a staircase. */
export function steps(spots: readonly Spot[], until: number): readonly Spot[] {
  const corners: Spot[] = [];
  for (const [at, value] of spots) {
    const before = corners.at(-1);
    if (before !== undefined) corners.push([at, before[1]]);
    corners.push([at, value]);
  }
  const last = corners.at(-1);
  if (last !== undefined && until > last[0]) corners.push([until, last[1]]);
  return withoutStraight(corners);
}

/** Splits where the time between neighbours exceeds `gap`, so that silence is a hole and not a line. */
export function splitAtGaps<Item extends { readonly at: number }>(
  items: readonly Item[],
  gap: number,
): readonly (readonly Item[])[] {
  const runs: Item[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run === undefined || before === undefined || item.at - before.at > gap) runs.push([item]);
    else run.push(item);
  }
  return runs;
}

/** Drops corners in the middle of a level stretch: a limit that never moves is two corners, not a hundred. */
function withoutStraight(corners: readonly Spot[]): readonly Spot[] {
  return corners.filter(([, value], index) => value !== corners[index - 1]?.[1] || value !== corners[index + 1]?.[1]);
}
