import type { BitCoder } from './range-coder.ts';

/** Bits of a whole number without leading zeros: 0 for 0, 1 for 1, 53 for 2^53 - 1. */
export function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}

export const MAX_LENGTH = 53;
/** Lengths are averaged in sixteenths. */
export const PART = 16;
const MEAN_MEMORY = 10;
const SPREAD_MEMORY = 6;
const FIRST_SPREAD = 24;
/** Spreads, in sixteenths of a bit, at which another set of contexts begins. */
const SPREAD_STEPS = [6, 13, 22, 35];
const SETS = 2 * (SPREAD_STEPS.length + 1);
const UNARY = 3;

/** Contexts of this model, by first number. Those below are shared by all columns: with few rows each, none could learn alone. */
const SAME = 0;
const ABOVE = SAME + SETS;
const DISTANCE = ABOVE + SETS;
/** First context that this model leaves to others. */
export const AFTER_MAGNITUDES = DISTANCE + 2 * SETS * UNARY;

/**
 * What a run of numbers has been like: their bit lengths, on average, and how far they stray. Numbers of one column are alike
 * in length, not in value (one VM runs 3 ms of a second, another one 700), so the length is predicted and the bits after
 * the first one are noise.
 */
export class LengthTrack {
  /** What is known of the next number from elsewhere: how much longer than the average it should be, in sixteenths of a bit. */
  lean = 0;
  #mean: number;
  #spread = FIRST_SPREAD;
  #count = 2;

  /** Begins with the length that the first number probably has. */
  constructor(length: number) {
    this.#mean = length * PART;
  }

  /** The average length, in sixteenths of a bit. */
  get mean(): number {
    return this.#mean;
  }

  get predicted(): number {
    return Math.min(MAX_LENGTH, Math.max(0, (this.#mean + this.lean + PART / 2) >> 4));
  }

  /** Which set of contexts fits: five by spread, and five more where 0 is predicted. */
  get set(): number {
    let step = 0;
    while (step < SPREAD_STEPS.length && this.#spread >= (SPREAD_STEPS[step] ?? 0)) step += 1;
    return this.predicted === 0 ? step + SPREAD_STEPS.length + 1 : step;
  }

  learn(length: number): void {
    const stray = Math.abs(length - this.predicted) * PART;
    this.#spread += Math.trunc((stray - this.#spread) / SPREAD_MEMORY);
    this.#mean += Math.trunc((length * PART - this.lean - this.#mean) / this.#count);
    if (this.#count < MEAN_MEMORY) this.#count += 1;
  }
}

/** Codes a whole number from 0 to 2^53 - 1: its bit length against the predicted one, then its bits after the first. */
export function codeMagnitude(coder: BitCoder, track: LengthTrack, value: number): number {
  const length = codeLength(coder, track, bitLength(value));
  track.learn(length);
  if (length < 2) return length;
  const first = 2 ** (length - 1);
  return first + coder.raw(value % first, length - 1);
}

function codeLength(coder: BitCoder, track: LengthTrack, length: number): number {
  const { predicted, set } = track;
  if (coder.bit(SAME + set, length === predicted)) return predicted;
  const above = isAbove(coder, track, length);
  const limit = above ? MAX_LENGTH - predicted : predicted;
  const base = DISTANCE + (2 * set + (above ? 1 : 0)) * UNARY;
  const wanted = Math.abs(length - predicted);
  let distance = 1;
  while (distance < limit && coder.bit(base + Math.min(distance, UNARY) - 1, wanted > distance)) distance += 1;
  return above ? predicted + distance : predicted - distance;
}

function isAbove(coder: BitCoder, { predicted, set }: LengthTrack, length: number): boolean {
  if (predicted === 0) return true;
  return predicted < MAX_LENGTH && coder.bit(ABOVE + set, length > predicted);
}
