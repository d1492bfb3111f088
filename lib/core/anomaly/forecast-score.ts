import { LEVELS } from '../forecast/levels.ts';
import { normalScore } from './normal-score.ts';

const SCORES = LEVELS.map(normalScore);
const TOP = LEVELS.length - 1;
/** Part of the scale that makes a certain forecast's way to its end more than nothing. */
const LEAST_WAY = 0.3;

/**
 * Where a value lies in the distribution that was forecast, as a normal score: linear between the quantiles at LEVELS,
 * further out by ln(1 + d) beyond the last, d the distance in lengths of the way from the median to it (and 0.3
 * `scale`). 0 below the median: a forecast of a window's maximum says nothing about low values.
 */
export function forecastScore(value: number, quantiles: ArrayLike<number>, scale: number): number {
  const at = (q: number): number => quantiles[q] ?? 0;
  if (value > at(TOP)) return scoreAt(TOP) + Math.log1p((value - at(TOP)) / (at(TOP) - at(0) + LEAST_WAY * scale));
  let above = TOP;
  while (above > 0 && value <= at(above - 1)) above -= 1;
  if (above === 0) return 0;
  const below = scoreAt(above - 1);
  return below + ((scoreAt(above) - below) * (value - at(above - 1))) / (at(above) - at(above - 1));
}

const scoreAt = (q: number): number => SCORES[q] ?? 0;
