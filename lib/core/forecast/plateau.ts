import { LEVELS } from './levels.ts';

/**
 * What was forecast before use reached its limit. Samples at a limit are learnt like others, or a VM that is always at its limit
 * would never be known; but they say how much there was, not how much was wanted. So no level falls below what was forecast
 * before, for as long as use stays at the limit.
 * Layout: the least forecast by level, whether the last sample was at its limit.
 */
const Q = LEVELS.length;
const AT_LIMIT = Q;
export const PLATEAU_FLOATS = Q + 1;

/** Whether the last sample was at its limit: then the forecast from before is kept already. */
export const isAtLimit = (state: Float32Array, at: number): boolean => state[at + AT_LIMIT] === 1;

/** Keeps what was forecast before use reached its limit. */
export function keepForecast(state: Float32Array, at: number, forecast: readonly number[]): void {
  state[at + AT_LIMIT] = 1;
  for (let q = 0; q < Q; q += 1) state[at + q] = forecast[q] ?? 0;
}

/** Use is below its limit again: what it is counts. */
export const leaveLimit = (state: Float32Array, at: number): void => {
  state.fill(0, at, at + PLATEAU_FLOATS);
};
