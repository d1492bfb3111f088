import type { Probability } from '../units.ts';

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
  const perUnit = 1 + (1 - COUNTED) / risk;
  const perShortage = (COUNTED * steepness) / risk;
  let best = { cost: 0, risk: 1 - (levels[0] ?? 0.5) };
  let cost = 0;
  for (let k = 0; k + 1 < levels.length; k += 1) {
    const part = partOf(values, levels, k);
    const cheapest = Math.max(part.least, Math.min(part.most, 1 / (perUnit + perShortage / part.slope)));
    for (const p of [cheapest, part.next]) {
      const reached = cost + costTo(part, p, { perUnit, perShortage });
      if (reached < best.cost) best = { cost: reached, risk: p };
    }
    cost += costTo(part, part.next, { perUnit, perShortage });
  }
  return steepnessOf(values, levels) > 0 ? best.risk : risk;
}

/** Size per unit of -ln(1 - level) between the median and the level 0.99, or the last level below it. */
export function steepnessOf(values: readonly number[], levels: readonly Probability[]): number {
  const last = Math.max(
    1,
    levels.findLastIndex((level) => level <= 0.99),
  );
  const depth = Math.log((1 - (levels[0] ?? 0.5)) / (1 - (levels[last] ?? 0.99)));
  return Math.max(0, ((values[last] ?? 0) - (values[0] ?? 0)) / depth);
}

/** A forecast between two of its levels: the risk it begins and ends at, and how far it may be followed beyond. */
interface Part {
  readonly most: Probability;
  readonly next: Probability;
  readonly least: Probability;
  readonly slope: number;
}

function partOf(values: readonly number[], levels: readonly Probability[], k: number): Part {
  const most = 1 - (levels[k] ?? 0.5);
  const next = 1 - (levels[k + 1] ?? 0.5);
  const slope = Math.max(0, (values[k + 1] ?? 0) - (values[k] ?? 0)) / Math.log(most / next);
  return { most, next, least: k + 2 === levels.length ? LEAST_RISK : next, slope };
}

/** What going from the beginning of a part to risk `p` costs; negative when it saves. */
function costTo(
  { most, slope }: Part,
  p: Probability,
  { perUnit, perShortage }: { readonly perUnit: number; readonly perShortage: number },
): number {
  return slope * (Math.log(most / p) - perUnit * (most - p)) - perShortage * (most - p);
}
