import { normalScore } from './normal-score.ts';
import { fromShort, toShort } from './short-float.ts';

/*
 * What is normal for one meter: up to 32 of its recent samples, ranked. In a typed array of 16-bit numbers because it is
 * part of a state that lives between invocations; the sorted copy is a function of the state.
 */
const RING = 32;
/**
 * A sample is taken into the reference only after 6 newer ones: until then it may be part of a fault. In a young series after
 * a sixth of what was seen, at least 2: what is normal is still changing, as in a VM that starts up.
 */
const QUEUE = 6;
const YOUNG_QUEUE_SHARE = 6;
const LEAST_QUEUE = 2;
/** The ring, then the queue. */
export const REFERENCE_SHORTS = RING + QUEUE;
/** Samples seen, samples out of the queue, samples taken into the ring, samples in the queue. */
export const REFERENCE_COUNTERS = 4;
const SEEN = 0;
const OFFERED = 1;
const TAKEN = 2;
const QUEUED = 3;

/** In a young series only the newest part counts: 1 / 2.5 of it, so that its first seconds are soon forgotten. */
const YOUNG_SHARE = 2.5;
/** With fewer samples there is no saying what is normal. */
const LEAST = 6;
/** In an old series every 8th sample is taken: the ring then covers 256. */
const MOST_STRIDE = 8;
/** While a fault is suspected this much less is taken. */
const SUSPECT_STRIDE = 4;

/** The scale of a difference: part of the median (noise grows with load) and the interquartile range. */
const SCALE_OF_MEDIAN = 0.3;
/** Part of the largest number around, so that a scale is never zero. */
const SCALE_OF_LARGEST = 1e-6;
/** Log distances begin at this part of the median and of the scale, so that zero has a logarithm. */
const ORIGIN_OF_MEDIAN = 0.05;
const ORIGIN_OF_SCALE = 0.015;
const LEAST_LOG_RANGE = 0.2;

/** The reference of one meter over buffers that its owner lends. */
export class Reference {
  readonly #shorts: Uint16Array;
  readonly #counters: Uint32Array;
  readonly #sorted = new Float64Array(RING);
  #size = 0;
  #isStale = true;

  constructor(shorts: Uint16Array, counters: Uint32Array) {
    this.#shorts = shorts;
    this.#counters = counters;
  }

  /** Samples seen since the beginning, or since it was begun anew. */
  get seen(): number {
    return this.#counters[SEEN] ?? 0;
  }

  /** Whether there is enough to compare with. */
  get isKnown(): boolean {
    this.#sort();
    return this.#size >= LEAST;
  }

  /** What differences are measured in, in the meter's unit; above 0 unless everything is 0. */
  scaleFor(value: number): number {
    this.#sort();
    const spread = this.#at(0.75) - this.#at(0.25);
    const largest = Math.max(value, this.#sorted[this.#size - 1] ?? 0);
    return SCALE_OF_MEDIAN * this.#at(0.5) + spread + SCALE_OF_LARGEST * largest;
  }

  /**
   * Where a value lies among the reference, as a normal score: the conformal p-value (rank + 1/2) / (n + 1) of mid-ranks
   * through the normal quantile, further out by ln(1 + d) beyond the ends, d the log distance from the end in lengths of
   * the way from the median to the end; drawn towards 0 where the value is within one scale of the median.
   */
  score(value: number): number {
    this.#sort();
    const scale = this.scaleFor(value);
    if (scale === 0) return 0;
    const inside = normalScore((this.#rankOf(value) + 0.5) / (this.#size + 1));
    const score = inside + Math.sign(inside) * Math.log1p(this.#beyond(value, scale));
    return score * Math.min(1, Math.abs(value - this.#at(0.5)) / scale);
  }

  /** Counts a sample that was seen, whatever becomes of it. */
  see(): void {
    this.#counters[SEEN] = this.seen + 1;
  }

  /** Queues a normal sample for the reference; takes in the one that waited longest. */
  take(value: number, isSuspect: boolean): void {
    const queued = this.#counters[QUEUED] ?? 0;
    const room = Math.max(LEAST_QUEUE, Math.min(QUEUE, Math.floor(this.seen / YOUNG_QUEUE_SHARE)));
    if (queued < room) {
      this.#shorts[RING + queued] = toShort(value);
      this.#counters[QUEUED] = queued + 1;
      return;
    }
    const oldest = this.#shorts[RING] ?? 0;
    this.#shorts.copyWithin(RING, RING + 1, RING + queued);
    this.#shorts[RING + queued - 1] = toShort(value);
    this.#offer(oldest, isSuspect);
  }

  /** Drops what waits: it was part of a fault. */
  dropQueue(): void {
    this.#counters[QUEUED] = 0;
  }

  /** Forgets everything: what is seen from now on is normal. */
  beginAnew(): void {
    this.#counters.fill(0);
    this.#isStale = true;
  }

  #offer(bits: number, isSuspect: boolean): void {
    const offered = this.#counters[OFFERED] ?? 0;
    this.#counters[OFFERED] = offered + 1;
    if (offered < YOUNG_SHARE * RING) this.#isStale = true;
    const plain = Math.min(MOST_STRIDE, Math.max(1, Math.floor(this.seen / (2 * RING))));
    if (offered % (isSuspect ? SUSPECT_STRIDE * plain : plain) !== 0) return;
    const taken = this.#counters[TAKEN] ?? 0;
    this.#isStale = true;
    this.#shorts[taken % RING] = bits;
    this.#counters[TAKEN] = taken + 1;
  }

  #sort(): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    const taken = this.#counters[TAKEN] ?? 0;
    const young = Math.max(LEAST, Math.ceil((this.#counters[OFFERED] ?? 0) / YOUNG_SHARE));
    this.#size = Math.min(RING, young, taken);
    for (let n = 0; n < this.#size; n += 1) this.#insert(n, fromShort(this.#shorts[(taken - 1 - n) % RING] ?? 0));
  }

  /** Puts a value among the first `n`, which are sorted. */
  #insert(n: number, value: number): void {
    let at = n;
    for (; at > 0 && (this.#sorted[at - 1] ?? 0) > value; at -= 1) this.#sorted[at] = this.#sorted[at - 1] ?? 0;
    this.#sorted[at] = value;
  }

  #at(share: number): number {
    return this.#sorted[Math.floor(share * this.#size)] ?? 0;
  }

  #rankOf(value: number): number {
    let rank = 0;
    for (let i = 0; i < this.#size; i += 1) {
      const known = this.#sorted[i] ?? 0;
      if (known < value) rank += 1;
      else if (known === value) rank += 0.5;
    }
    return rank;
  }

  #beyond(value: number, scale: number): number {
    const median = this.#at(0.5);
    const least = this.#sorted[0] ?? 0;
    const most = this.#sorted[this.#size - 1] ?? 0;
    if (value >= least && value <= most) return 0;
    const end = value > most ? most : least;
    const origin = ORIGIN_OF_MEDIAN * median + ORIGIN_OF_SCALE * scale;
    const log = (x: number): number => Math.log(x + origin);
    return Math.abs(log(value) - log(end)) / (Math.abs(log(end) - log(median)) + LEAST_LOG_RANGE);
  }
}
