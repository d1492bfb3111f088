import { shorten } from './short-number.ts';

/**
 * Maxima over the last 3, 12, about 60 and about 300 samples in O(1): a ring of the last 12 samples, a ring of 5 maxima
 * of 12 samples, and a ring of 5 maxima of 60. The two long windows hold 4 to 5 whole blocks and the one being filled, so
 * they see 60 to 71 and 300 to 359 samples. Typed arrays without objects: this runs for each sample of each meter.
 */
export const MAXIMA = 4;
/** 12 samples, 5 + 1 blocks of 12, 5 + 1 blocks of 60. */
export const MAXIMA_FLOATS = 24;

const SAMPLES = 12;
const BLOCKS = 5;
const SHORT = 12;
const LONG = SHORT + BLOCKS + 1;

/** Takes sample number `n` (0 is the first) into the rings; `state` is owned by the caller. */
export function pushSample(state: Float32Array, n: number, value: number): void {
  state[n % SAMPLES] = value;
  fold(state, { at: SHORT, size: SAMPLES }, n, value);
  fold(state, { at: LONG, size: SAMPLES * BLOCKS }, n, value);
}

/** Sample number `n`, the newest; 0 before the first. */
export const newest = (state: Float32Array, n: number): number => (n < 0 ? 0 : (state[n % SAMPLES] ?? 0));

/** The least of the last 12 samples, of a series whose last sample was number `n`. */
export function recentLeast(state: Float32Array, n: number): number {
  let least = Infinity;
  for (let i = 0; i < SAMPLES && i <= n; i += 1) {
    const value = state[i] ?? 0;
    if (value < least) least = value;
  }
  return n < 0 ? 0 : least;
}

/** Lifts the block being filled by a value that belongs to the past: it is forgotten when that block is. */
export function liftMaxima(state: Float32Array, value: number): void {
  for (const at of [SHORT + BLOCKS, LONG + BLOCKS]) state[at] = Math.max(state[at] ?? 0, value);
}

/** Scales the maxima of blocks, as if what was before the last 12 samples had been that much less. */
export function rescaleMaxima(state: Float32Array, ratio: number): void {
  for (let i = SHORT; i < MAXIMA_FLOATS; i += 1) state[i] = shorten((state[i] ?? 0) * ratio);
}

/** The mean of the last 12 samples, of a series that has as many. */
export function recentMean(state: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < SAMPLES; i += 1) sum += state[i] ?? 0;
  return sum / SAMPLES;
}

/** Writes the four maxima to `out[0..3]`, of a series whose last sample was number `n`. */
export function readMaxima(state: Float32Array, n: number, out: Float64Array): void {
  // Places that no sample was put in yet hold zeros, which raise no maximum.
  const [short, long] = [highest(state, 0, SAMPLES), highest(state, SHORT, BLOCKS + 1)];
  out[0] = Math.max(newest(state, n), newest(state, n - 1), newest(state, n - 2));
  out[1] = short;
  out[2] = Math.max(short, long);
  out[3] = Math.max(short, long, highest(state, LONG, BLOCKS + 1));
}

interface Ring {
  /** Where its blocks begin; the one being filled follows them. */
  readonly at: number;
  /** Samples in a block. */
  readonly size: number;
}

function fold(state: Float32Array, { at, size }: Ring, n: number, value: number): void {
  const open = at + BLOCKS;
  state[open] = n % size === 0 ? value : Math.max(state[open] ?? 0, value);
  if ((n + 1) % size === 0) state[at + (Math.floor(n / size) % BLOCKS)] = state[open];
}

function highest(state: Float32Array, from: number, count: number): number {
  let max = 0;
  for (let i = from; i < from + count; i += 1) {
    const value = state[i] ?? 0;
    if (value > max) max = value;
  }
  return max;
}
