import { letOut } from '../demand/demand.ts';
import type { Forecast, MeterForecast } from '../forecast/forecast.ts';
import { METERS, type Allocation, type Meter, type PerMeter } from '../meter.ts';
import type { Probability } from '../units.ts';
import { depthOf, depthsOf } from './depths.ts';
import type { Recommendation } from './recommendation.ts';

/** How often a size may be too small: the share of hold windows in which demand may pass it, one figure or per meter. */
export interface SizingGoal {
  /** Between 0 and 1, exclusive; 0.01 when left out. A meter that the record does not name uses 0.01 too. */
  readonly risk?: Probability | PerMeter;
}

/** The risk where none is named. */
export const DEFAULT_RISK: Probability = 0.01;

/** A VM is new for so many samples: it may only grow, and what it is short of does not count against the forecasts. */
export const NEW_SAMPLES = 30;

/** Memory is kept this much above what is wanted now: running out of it kills, it does not slow down. */
const MEMORY_MARGIN = 1.05;

/**
 * The size that holds a forecast at the wanted risk, per meter: the quantile at 1 - risk, interpolated between the
 * forecast's levels. Demand that is capped now lifts the size two fifths into its interval, so that a VM pinned at its
 * limit is let out step by step; memory is never below the high end of its demand plus 5 %. A new VM keeps at least the
 * limits that it has (`inForce`), where they are known.
 */
export function recommend(forecast: Forecast, goal: SizingGoal = {}, inForce: Allocation = {}): Recommendation {
  const target: Partial<Record<Meter, number>> = {};
  const risk: Partial<Record<Meter, Probability>> = {};
  for (const meter of METERS) {
    const known = forecast.meters[meter];
    if (known === undefined) continue;
    const kept = known.samples < NEW_SAMPLES ? (inForce[meter] ?? 0) : 0;
    risk[meter] = riskOf(goal, meter);
    target[meter] = Math.max(quantileAt(known, forecast.levels, 1 - risk[meter]), floorOf(meter, known), kept);
  }
  return { vm: forecast.vm, forecast, target, risk };
}

/**
 * The risk worth taking when a violation costs `costOfViolation` and idle capacity `costOfIdle`, both per unit of
 * capacity and time: the newsvendor's critical ratio, 1 - cu / (cu + co) (Arrow, Harris, Marschak 1951). 0.5 when both
 * are 0.
 */
export function riskOfCosts(costOfViolation: number, costOfIdle: number): Probability {
  const both = costOfViolation + costOfIdle;
  return both > 0 ? costOfIdle / both : 0.5;
}

/**
 * The forecast's value at a level, 0 < level < 1: between two known levels and above the highest it is linear in
 * -ln(1 - level), the scale on which an exponential tail is a straight line; below the lowest level it is that level's.
 */
export function quantileAt({ values }: MeterForecast, levels: readonly Probability[], level: Probability): number {
  const upper = upperOf(levels, level);
  const [low, high] = [values[upper - 1] ?? 0, values[upper] ?? values[upper - 1] ?? 0];
  const depths = depthsOf(levels);
  const [from, to] = [depths[upper - 1] ?? 0, depths[upper] ?? 0];
  if (level <= (levels[upper - 1] ?? 0.5) || to <= from) return low;
  // A level of 1 asks for certainty, which no forecast has: it is read as one in a million.
  return low + ((high - low) * (depthOf(Math.min(1 - 1e-6, level)) - from)) / (to - from);
}

/** The first known level that is not below a level, the last one above all; never the first. */
function upperOf(levels: readonly Probability[], level: Probability): number {
  const last = levels.length - 1;
  let upper = 1;
  while (upper < last && (levels[upper] ?? 1) < level) upper += 1;
  return upper;
}

function riskOf({ risk }: SizingGoal, meter: Meter): Probability {
  return (typeof risk === 'number' ? risk : risk?.[meter]) ?? DEFAULT_RISK;
}

function floorOf(meter: Meter, { demand }: MeterForecast): number {
  if (meter === 'memory') return demand.high * MEMORY_MARGIN;
  return demand.high > demand.low ? letOut(demand) : 0;
}
