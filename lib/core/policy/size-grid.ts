import type { Range } from '../meter.ts';

/**
 * The smallest size that the actuator can set and that holds `value`: the next whole multiple of its step. Not bounded by
 * its range. Without a range, the value itself.
 */
export function gridAbove(value: number, range: Range | undefined): number {
  return range === undefined ? value : onGrid(Math.max(0, Math.ceil(steps(value, range) - SLACK)), range);
}

/** The largest size that the actuator can set and that is not above `value`. Without a range, the value itself. */
export function gridBelow(value: number, range: Range | undefined): number {
  return range === undefined ? value : onGrid(Math.floor(steps(value, range) + SLACK), range);
}

/** In steps: 0.3 / 0.1 is 2.9999999999999996 in binary, and still three steps. Far below any size that matters. */
const SLACK = 1e-9;

function steps(value: number, { step }: Range): number {
  return step > 0 ? value / step : value;
}

/**
 * Three steps of 0.1 are 0.3 and not 0.30000000000000004: dividing by the steps in one rounds only once. Whole steps
 * (bytes) are exact as they are; for any other step the digits that binary adds are cut off.
 */
function onGrid(count: number, { step }: Range): number {
  if (!(step > 0)) return count;
  if (Number.isInteger(step)) return count * step;
  const inOne = 1 / step;
  return Number.isInteger(inOne) ? count / inOne : Number((count * step).toPrecision(15));
}
