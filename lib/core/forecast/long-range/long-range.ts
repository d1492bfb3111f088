import type { Probability } from '../../units.ts';
import { EXPERTS } from './experts.ts';
import { Features } from './features.ts';
import { Gate } from './gate.ts';
import { trainedGates } from './gate-model.ts';
import { History } from './history.ts';
import { Origin } from './origin.ts';
import { Panel } from './panel.ts';

/** The levels that the gate is trained for, rising: it weighs the experts for each of them. */
export const GATE_LEVELS: readonly Probability[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** What is asked of a long-range forecast. */
export interface LongRangeOptions {
  /** Steps ahead, at least 1. */
  readonly horizon: number;
  /** Steps in a day, at least 2: 288 at five minutes. */
  readonly day: number;
  /** Rising quantile levels, any between 0 and 1. */
  readonly levels: readonly Probability[];
}

/**
 * Forecasts quantiles of the mean demand of each of the next steps from the past of one meter (`past`: mean demand of each
 * step, oldest first, NaN is a hole), as `[(step - 1) * levels + level]` in the unit of the past. Never negative, rising with
 * the level. Undefined when no step of the past is known.
 *
 * Experts draw samples of what may come (the same time of day, what followed like moments, changes seen before, ...); a gate
 * weighs their quantiles for each step and level by how they would have done lately and by what they say now.
 * docs/long-range.md has the method and the figures.
 */
export function forecastLongRange(past: Float64Array, options: LongRangeOptions): Float64Array | undefined {
  if (past.every((value) => Number.isNaN(value))) return undefined;
  const history = new History(past, options.day);
  const base = GATE_LEVELS.length;
  const all = Float64Array.from([...GATE_LEVELS, ...options.levels]);
  const origin = new Origin(history, past.length);
  const features = new Features(origin);
  const panel = new Panel(origin, all);
  const gates = trainedGates().map((model) => new Gate(model));
  const out = new Float64Array(options.horizon * options.levels.length);
  for (let ahead = 1; ahead <= options.horizon; ahead += 1) {
    panel.ask(ahead);
    features.look(ahead, panel.quantiles, { levels: base, stride: all.length });
    const own = out.subarray((ahead - 1) * options.levels.length, ahead * options.levels.length);
    for (const gate of gates) mix(panel.quantiles, gate.weigh(features.values), options.levels, own);
    for (let q = 0; q < own.length; q += 1) own[q] = (own[q] ?? 0) / gates.length;
    widen(own, options.levels, history.known(0, past.length));
    own.sort();
  }
  return out;
}

/** From so many known steps on the past itself says how sure a forecast is. */
const ENOUGH = 12;
/** How far, at most, the ends of a forecast from a single step are from its middle, as a share of it: a judgement. */
const WIDEST = 0.5;

/** Spreads the quantiles of a past of a few steps: that they were alike says little. */
function widen(values: Float64Array, levels: readonly Probability[], known: number): void {
  const width = WIDEST * Math.max(0, 1 - (known - 1) / (ENOUGH - 1));
  for (const [q, level] of levels.entries()) values[q] = (values[q] ?? 0) * (1 + width * (2 * level - 1));
}

/** Adds to `out` the experts' quantiles at `levels`, weighed; weights between two trained levels are linear, beyond the last ones kept. */
function mix(quantiles: Float64Array, weights: Float64Array, levels: readonly Probability[], out: Float64Array): void {
  const base = GATE_LEVELS.length;
  const stride = base + levels.length;
  for (const [q, level] of levels.entries()) {
    const place = Math.min(base - 1, Math.max(0, level * (base + 1) - 1));
    const below = Math.min(base - 2, Math.floor(place));
    const share = place - below;
    let sum = 0;
    for (let k = 0; k < EXPERTS.length; k += 1) {
      const weight = (1 - share) * (weights[k * base + below] ?? 0) + share * (weights[k * base + below + 1] ?? 0);
      sum += weight * (quantiles[k * stride + base + q] ?? 0);
    }
    out[q] = (out[q] ?? 0) + sum;
  }
}
