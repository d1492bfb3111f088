import type { Probability } from '../units.ts';
import { depthsOf } from './depths.ts';

/**
 * Where to spend a budget of risk. Holding every moment at the same risk is not the cheapest way to be short in one percent
 * of the time: covering the last percent costs a lot while a burst may come, and next to nothing in a quiet hour. The
 * cheapest size A minimises, over what the forecast holds possible,
 *
 *   idle (A - D)+   +   (1 - b) / risk * unserved (D - A)+   +   b * s / risk * [D > A],      b = 0.6,
 *
 * s the usual steepness of this meter's forecasts (size per unit of -ln(1 - level)). b = 0 is the plain quantile at 1 - risk
 * (the newsvendor); b = 1 would count shortages and never ask how deep they are. Between two levels a forecast is linear in
 * -ln(1 - level), as in `quantileAt`, and the cost has one minimum there; the least of all is taken.
 */
const COUNTED = 0.6;
/** No level above this is asked for: nothing is known about it. */
const LEAST_RISK: Probability = 0.0005;

/** What the budget is and how steep the meter's forecasts usually are, in its unit. */
export interface RiskBudget {
  readonly risk: Probability;
  readonly steepness: number;
}

/** The risk at which the size is cheapest, for a forecast's `values` at `levels`; `risk` itself for a flat forecast. */
export function spendRisk(
  values: readonly number[],
  levels: readonly Probability[],
  { risk, steepness }: RiskBudget,
): Probability {
  const depths = depthsOf(levels);
  const perUnit = 1 + (1 - COUNTED) / risk;
  const perShortage = (COUNTED * steepness) / risk;
  let best = { cost: 0, risk: 1 - at(levels, 0) };
  let cost = 0;
  for (let k = 0; k + 1 < levels.length; k += 1) {
    const [most, next] = [1 - at(levels, k), 1 - at(levels, k + 1)];
    const depth = at(depths, k + 1) - at(depths, k);
    const slope = Math.max(0, at(values, k + 1) - at(values, k)) / depth;
    // What going on to risk p costs: slope * ln(most / p), less what is saved for each of the most - p.
    const saved = slope * perUnit + perShortage;
    const least = k + 2 === levels.length ? LEAST_RISK : next;
    const turn = Math.max(least, Math.min(most, slope / saved));
    const there = cost + slope * Math.log(most / turn) - saved * (most - turn);
    cost += slope * depth - saved * (most - next);
    if (there < best.cost) best = { cost: there, risk: turn };
    if (cost < best.cost) best = { cost, risk: next };
  }
  return isFlat(values, levels) ? risk : best.risk;
}

/** Size per unit of depth between the median and the level 0.99, or the last level below it. */
export function steepnessOf(values: readonly number[], levels: readonly Probability[]): number {
  const last = steepestOf(levels);
  const depths = depthsOf(levels);
  return Math.max(0, (at(values, last) - at(values, 0)) / (at(depths, last) - at(depths, 0)));
}

const isFlat = (values: readonly number[], levels: readonly Probability[]): boolean =>
  !(at(values, steepestOf(levels)) > at(values, 0));

function steepestOf(levels: readonly Probability[]): number {
  let last = levels.length - 1;
  while (last > 1 && (levels[last] ?? 1) > 0.99) last -= 1;
  return last;
}

const at = (numbers: readonly number[], i: number): number => numbers[i] ?? 0;
