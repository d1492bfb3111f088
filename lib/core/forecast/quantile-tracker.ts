import { LEVELS } from './levels.ts';

/**
 * Quantiles of a stream by stochastic gradient steps on the pinball loss, in units of a running scale:
 *
 *   v[q] += 2 * rate * s * (q - [y <= v[q]]),   s = running mean of |y - v[0]|
 *
 * Seven numbers and a count hold what a decayed histogram holds in hundreds, they follow a shift within some 1 / rate
 * samples, and they scale with the data. The first samples take steps of 1 / n, as in a plain mean.
 * Layout: values by level, scale, count (capped).
 */
const Q = LEVELS.length;
export const TRACKER_FLOATS = Q + 2;
const SCALE = Q;
const COUNT = Q + 1;
const SCALE_RATE = 0.01;
/** Beyond this the count changes nothing. */
const MOST_COUNT = 1000;

/** Takes a value into the tracker that begins at `at`, at a rate from 0 to 1. */
export function track(state: Float32Array, at: number, value: number, rate: number): void {
  const count = Math.min(MOST_COUNT, (state[at + COUNT] ?? 0) + 1);
  if (count > 1) step(state, at, value, Math.max(rate, 1 / count));
  else state.fill(value, at, at + Q);
  state[at + COUNT] = count;
}

function step(state: Float32Array, at: number, value: number, rate: number): void {
  const before = state[at + SCALE] ?? 0;
  const count = (state[at + COUNT] ?? 0) + 1;
  const scale = before + Math.max(SCALE_RATE, 1 / count) * (Math.abs(value - (state[at] ?? 0)) - before);
  const width = 2 * rate * scale;
  for (let q = 0; q < Q; q += 1) {
    const up = width * (LEVELS[q] ?? 0.5);
    state[at + q] = moved(state[at + q] ?? 0, value, up, width - up);
  }
  state[at + SCALE] = scale;
}

/** Writes the quantiles, rising, to `out[from ...]`. */
export function readTracker(state: Float32Array, at: number, out: Float64Array, from: number): void {
  let value = 0;
  for (let q = 0; q < Q; q += 1) {
    const next = state[at + q] ?? 0;
    if (next > value) value = next;
    out[from + q] = value;
  }
}

/** Scales what a tracker knows, as if all it has seen had been that much less. */
export function rescaleTracker(state: Float32Array, at: number, ratio: number): void {
  for (let i = at; i <= at + SCALE; i += 1) state[i] = (state[i] ?? 0) * ratio;
}

/** Whether the tracker has seen anything. */
export const isTracking = (state: Float32Array, at: number): boolean => (state[at + COUNT] ?? 0) > 0;

/** A value one step towards what was seen; steps down end at zero. */
function moved(known: number, value: number, up: number, down: number): number {
  if (value > known) return known + up;
  return value < known ? Math.max(0, known - down) : known;
}
