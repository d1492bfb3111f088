import { LEVELS } from './levels.ts';

/**
 * The last calibration: each level is moved away from the median, or towards it, by a share of its distance d,
 *
 *   out[q] = f[q] + c[q] * d[q],   d[q] = f[q] - f[.5] (that of .8 for the median),   c[q] += rate * (q - [y <= out[q]])
 *
 * conformal quantile tracking in units of what the forecast itself holds possible now: a quiet hour is not widened by the
 * errors of a busy one. Slow at the highest levels, because the forecast that it is given is calibrated over many VMs and
 * a single VM passes them rarely. The median does not learn from what passes the highest level: by chance that is half a percent
 * of the outcomes, and after a rise of the level it is all of them. Layout: c by level.
 */
const Q = LEVELS.length;
export const STRETCH_FLOATS = Q;
const RATES: readonly number[] = [0.03, 0.03, 0.03, 0.02, 0.01, 0.01];
const MOST = 10;
const LEAST = -0.9;
/** Float rounding in the state must not count as demand above its forecast. */
const SAME = 1 + 1e-4;

/** Stretches a forecast; `out` rises with the level. */
export function stretch(state: Float32Array, at: number, forecast: Float64Array, out: Float64Array): void {
  const middle = forecast[0] ?? 0;
  let least = 0;
  for (let q = 0; q < Q; q += 1) {
    const distance = (forecast[q === 0 ? 1 : q] ?? 0) - middle;
    const value = (forecast[q] ?? 0) + (state[at + q] ?? 0) * distance;
    if (value > least) least = value;
    out[q] = least;
  }
}

/** Learns from outcome `y` of a forecast that was stretched to `out`. */
export function restretch(state: Float32Array, at: number, y: number, out: Float64Array): void {
  const isBeyond = y > (out[Q - 1] ?? 0) * SAME;
  for (let q = isBeyond ? 1 : 0; q < Q; q += 1) {
    const level = LEVELS[q] ?? 0.5;
    const isAbove = y > (out[q] ?? 0) * SAME;
    const moved = (state[at + q] ?? 0) + (RATES[q] ?? 0) * (isAbove ? level : level - 1);
    state[at + q] = Math.min(MOST, Math.max(LEAST, moved));
  }
}

/** The level fell for good: what the median learnt on the way down is wrong at the new level. */
export const forgetMedian = (state: Float32Array, at: number): void => {
  state[at] = 0;
};
