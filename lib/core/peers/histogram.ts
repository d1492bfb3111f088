import type { DurationMs, EpochMs } from '../units.ts';

/** Growth of the buckets: each is 5 % wider than the one before (VPA, `aggregations_config.go`). */
const RATIO = 1.05;
const BUCKETS = 180;
/** Half-lives after which weights are scaled down, so that they never overflow. */
const RESCALE_AFTER = 400;

/**
 * The Vertical Pod Autoscaler's decaying histogram: exponential buckets, where the first is `first` wide and bucket n begins at
 * first * (1.05^n - 1) / 0.05, and weights that halve every `halfLife`: a sample at t weighs 2^(t / halfLife).
 * Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/util/{histogram,decaying_histogram}.go.
 */
export class DecayingHistogram {
  readonly #first: number;
  readonly #halfLife: DurationMs;
  readonly #weights = new Float64Array(BUCKETS);
  #reference: EpochMs | undefined;
  #lowest = BUCKETS;
  #highest = -1;

  constructor(first: number, halfLife: DurationMs) {
    this.#first = first;
    this.#halfLife = halfLife;
  }

  get isEmpty(): boolean {
    return this.#highest < 0;
  }

  /** Adds a sample of the given weight; a negative weight takes one away that was added with the same value and time. */
  add(value: number, at: EpochMs, weight = 1): void {
    const bucket = Math.max(
      0,
      Math.min(BUCKETS - 1, Math.floor(Math.log((value * (RATIO - 1)) / this.#first + 1) / Math.log(RATIO))),
    );
    const added = (this.#weights[bucket] ?? 0) + weight * this.#decay(at);
    // What is left of a sample that was taken away is rounding.
    this.#weights[bucket] = added > 1e-9 * Math.abs(weight * this.#decay(at)) ? added : 0;
    this.#lowest = Math.min(this.#lowest, bucket);
    this.#highest = Math.max(this.#highest, bucket);
  }

  /** Writes the end of the bucket of each level to `out`; levels rise from above 0 to 1. All 0 while nothing was added. */
  quantiles(levels: readonly number[], out: Float64Array): void {
    let total = 0;
    for (let b = this.#lowest; b <= this.#highest; b += 1) total += this.#weights[b] ?? 0;
    let bucket = this.#lowest;
    let below = this.#weights[bucket] ?? 0;
    for (let q = 0; q < levels.length; q += 1) {
      const threshold = (levels[q] ?? 1) * total;
      while (bucket < this.#highest && below < threshold) {
        bucket += 1;
        below += this.#weights[bucket] ?? 0;
      }
      out[q] = this.isEmpty ? 0 : this.#begin(Math.min(bucket + 1, BUCKETS - 1));
    }
  }

  #begin(bucket: number): number {
    return (this.#first * (RATIO ** bucket - 1)) / (RATIO - 1);
  }

  #decay(at: EpochMs): number {
    this.#reference ??= at;
    const age = (at - this.#reference) / this.#halfLife;
    if (age <= RESCALE_AFTER) return 2 ** age;
    for (let b = 0; b < BUCKETS; b += 1) this.#weights[b] = (this.#weights[b] ?? 0) * 2 ** -Math.min(age, 1000);
    this.#reference = at;
    return 1;
  }
}
