import { LEVELS } from './levels.ts';

/**
 * What was forecast before use reached its limit. Samples at a limit are learnt like others, or a VM that is always at its limit
 * would never be known; but they say how much there was, not how much was wanted. So no level falls below what was forecast
 * before, for as long as use stays at the limit. What was never reached is not kept: a forecast above it was a guess, and a VM that
 * has been at one limit ever since it was known would be thought to want that guess for ever.
 * Layout: the least forecast by level, whether the last sample was at its limit.
 */
const Q = LEVELS.length;
const AT_LIMIT = Q;
export const PLATEAU_FLOATS = Q + 1;

/** Whether the last sample was at its limit: then the forecast from before is kept already. */
export const isAtLimit = (state: Float32Array, at: number): boolean => state[at + AT_LIMIT] === 1;

/** Keeps what was forecast before use reached its limit, as far as it was ever `reached`. */
export function keepForecast(state: Float32Array, at: number, forecast: readonly number[], reached: number): void {
  state[at + AT_LIMIT] = 1;
  for (let q = 0; q < Q; q += 1) state[at + q] = Math.min(reached, forecast[q] ?? 0);
}

/** Use is below its limit again: what it is counts. */
export const leaveLimit = (state: Float32Array, at: number): void => {
  state.fill(0, at, at + PLATEAU_FLOATS);
};
