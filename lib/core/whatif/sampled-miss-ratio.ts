import type { Bytes, Probability } from '../units.ts';
import { HASH_RANGE, hashOfBlock } from './block-hash.ts';
import { HighestFirst } from './highest-first.ts';
import { missRatioCurve, type MissRatioCurve } from './miss-ratio-curve.ts';
import { ReuseDistances } from './reuse-distances.ts';

/** How blocks are chosen. */
export interface Sampling {
  /** Share of the blocks at the start, above 0 up to 1. */
  readonly rate: Probability;
  /** At most so many blocks are in the sample at a time; the rate falls to keep it. Unbounded when absent. */
  readonly mostBlocks?: number;
}

/** The shortest distance: a reference to the block that was referenced last. */
const SHORTEST = 1;
const BIN_BITS = 8;

/**
 * The miss-ratio curve of a stream of blocks by spatially hashed sampling: SHARDS (Waldspurger, Park, Garthwaite, Ahmad,
 * FAST 2015), fixed rate and fixed size, with its adjustment ("SHARDS-adj").
 *
 * Blocks whose hash is below a threshold T are followed, all others are left out: a sample of R = T / 2^32 of the blocks. A
 * distance d among them stands for d / R blocks, and a reference for 1 / R references. With a fixed size the block
 * with the highest hash leaves when there are too many, T falls to its hash, and later references weigh more: that
 * is the paper's rescaling of what was counted before, seen from the other end. What the sampled references weigh too
 * little or too much against all references is put to the shortest distance: blocks used all the time make that error.
 */
export class SampledMissRatio {
  readonly #distances = new ReuseDistances();
  readonly #weights = new Map<number, number>();
  readonly #highest: HighestFirst | undefined;
  readonly #mostBlocks: number;
  #threshold: number;
  #references = 0;
  #sampled = 0;

  /** Throws RangeError for a rate outside (0, 1] or a bound below 1. */
  constructor({ rate, mostBlocks }: Sampling) {
    if (!(rate > 0 && rate <= 1)) throw new RangeError(`a sampling rate of ${rate}, wanted above 0 up to 1`);
    if (mostBlocks !== undefined && !(mostBlocks >= 1)) throw new RangeError(`a sample of ${mostBlocks} blocks`);
    this.#threshold = Math.max(1, Math.round(rate * HASH_RANGE));
    this.#mostBlocks = mostBlocks ?? Infinity;
    this.#highest = mostBlocks === undefined ? undefined : new HighestFirst(mostBlocks + 1);
  }

  /** The rate in force. */
  get rate(): Probability {
    return this.#threshold / HASH_RANGE;
  }

  /** Blocks in the sample. */
  get size(): number {
    return this.#distances.size;
  }

  /** Takes in one reference. */
  reference(block: number): void {
    this.#references += 1;
    const hash = hashOfBlock(block);
    if (hash >= this.#threshold) return;
    const { rate } = this;
    this.#sampled += 1 / rate;
    const distance = this.#distances.reference(block);
    if (distance !== undefined) this.#count(this.#binOf(distance / rate), 1 / rate);
    else this.#join(block, hash);
  }

  /** The curve of all references up to now. */
  curve(blockBytes: Bytes): MissRatioCurve {
    const weights = new Map(this.#weights);
    const missing = this.#references - this.#sampled;
    if (missing !== 0) weights.set(SHORTEST, (weights.get(SHORTEST) ?? 0) + missing);
    return missRatioCurve(weights, this.#references, blockBytes);
  }

  /** A bounded sample gets a bounded number of bins: distances keep `BIN_BITS` bits, 0.4 %. */
  #binOf(distance: number): number {
    const whole = Math.round(distance);
    if (this.#highest === undefined) return whole;
    const unit = 2 ** Math.max(0, Math.floor(Math.log2(whole)) - BIN_BITS);
    return Math.round(whole / unit) * unit;
  }

  #count(distance: number, weight: number): void {
    this.#weights.set(distance, (this.#weights.get(distance) ?? 0) + weight);
  }

  /** A new block in the sample: where it is one too many, all with the highest hash leave, and nothing above comes in again. */
  #join(block: number, hash: number): void {
    if (this.#highest === undefined) return;
    this.#highest.push(block, hash);
    if (this.#highest.size <= this.#mostBlocks) return;
    this.#threshold = Math.max(1, this.#highest.topHash);
    while (this.#highest.size > 0 && this.#highest.topHash >= this.#threshold) {
      this.#distances.forget(this.#highest.pop());
    }
  }
}
