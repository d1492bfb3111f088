import { LEVELS } from './levels.ts';

/**
 * Conformal quantile tracking (Angelopoulos, Candes, Tibshirani 2023): an offset for each level that goes up when demand
 * passed the forecast and down a little when it did not, so that in the long run it passes as often as it should,
 * whatever the data:  c[q] += rate * (q - [y <= f[q]]), in units of s[q], the running mean of |y - mixture|.
 * Layout: offsets by level, scales by level.
 */
const Q = LEVELS.length;
export const CALIBRATION_FLOATS = 2 * Q;
const RATE = 0.05;
const SCALE_RATE = 0.02;
const MOST = 30;
const LEAST = -3;
/** Float rounding in the state must not count as demand above its forecast. */
const SAME = 1 + 1e-4;

/** Adds the offsets to a mixture; `out` rises with the level. */
export function calibrate(state: Float32Array, at: number, mixed: Float64Array, out: Float64Array): void {
  let least = 0;
  for (let q = 0; q < Q; q += 1) {
    const value = (mixed[q] ?? 0) + (state[at + q] ?? 0) * (state[at + Q + q] ?? 0);
    if (value > least) least = value;
    out[q] = least;
  }
}

/** Learns from outcome `y` of a forecast `out` that was made of `mixed`. */
export function recalibrate(state: Float32Array, at: number, outcome: Outcome): void {
  const { y, mixed, out } = outcome;
  for (let q = 0; q < Q; q += 1) {
    const level = LEVELS[q] ?? 0.5;
    const isAbove = y > (out[q] ?? 0) * SAME;
    const error = Math.abs(y - (mixed[q] ?? 0));
    const scale = state[at + Q + q] ?? 0;
    state[at + Q + q] = scale === 0 ? error : scale + SCALE_RATE * (error - scale);
    const offset = (state[at + q] ?? 0) + RATE * (isAbove ? level : level - 1);
    state[at + q] = Math.min(MOST, Math.max(LEAST, offset));
  }
}

/** Scales the units of the offsets, as if all errors had been that much less. */
export function rescaleErrors(state: Float32Array, at: number, ratio: number): void {
  for (let i = at + Q; i < at + 2 * Q; i += 1) state[i] = (state[i] ?? 0) * ratio;
}

/** What came of a forecast. */
export interface Outcome {
  readonly y: number;
  readonly mixed: Float64Array;
  readonly out: Float64Array;
}
