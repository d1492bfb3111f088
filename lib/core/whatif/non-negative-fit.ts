/** One cause of what is fitted, before anything was measured. */
export interface Cause {
  /** What its coefficient is believed to be. Never negative. */
  readonly prior: number;
  /** How firmly, in units of the cause squared: as that much data more that say so. */
  readonly firmness: number;
}

/** The prior counts for this share of the data as well, whatever the cause's unit, so that no coefficient is undetermined. */
const PRIOR_SHARE = 0.02;
/** Most rounds of coordinate descent, and the change of a coefficient from which on it has settled: about ten rounds. */
const ROUNDS = 50;
const SETTLED = 1e-9;

/**
 * Least squares for a few causes with coefficients that cannot be negative, streaming, in constant space: sums of products go
 * in, and coordinate descent on them gives the answer (it converges to the minimum, the problem is convex).
 */
export class NonNegativeFit {
  readonly #causes: readonly Cause[];
  /** Sums of products of causes, row by row, and of each cause with what was measured. */
  readonly #products: Float64Array;
  readonly #targets: Float64Array;

  readonly #memory: number;

  /** `memory`: weight of what was seen after one more interval, above 0 up to 1 (nothing is forgotten). */
  constructor(causes: readonly Cause[], memory: number) {
    this.#causes = causes;
    this.#memory = memory;
    this.#products = new Float64Array(causes.length ** 2);
    this.#targets = new Float64Array(causes.length);
  }

  /** One interval: each cause in the order of the constructor, and what was measured. */
  see(values: readonly number[], measured: number): void {
    const n = this.#causes.length;
    for (let i = 0; i < n; i += 1) {
      const value = values[i] ?? 0;
      this.#targets[i] = this.#memory * (this.#targets[i] ?? 0) + value * measured;
      for (let j = 0; j < n; j += 1) {
        const at = i * n + j;
        this.#products[at] = this.#memory * (this.#products[at] ?? 0) + value * (values[j] ?? 0);
      }
    }
  }

  /** The coefficients: exactly the priors when nothing was seen. */
  coefficients(): number[] {
    const found = this.#causes.map(({ prior }) => prior);
    let moved = Infinity;
    for (let round = 0; round < ROUNDS && moved > SETTLED; round += 1) {
      moved = 0;
      for (const [i, cause] of this.#causes.entries()) {
        const before = found[i] ?? 0;
        const after = this.#best(i, cause, found);
        found[i] = after;
        moved = Math.max(moved, Math.abs(after - before));
      }
    }
    return found;
  }

  /** The best coefficient of one cause, the others given. */
  #best(i: number, { prior, firmness }: Cause, found: readonly number[]): number {
    const n = this.#causes.length;
    const own = this.#products[i * n + i] ?? 0;
    const weight = firmness + PRIOR_SHARE * own;
    if (own + weight <= 0) return prior;
    let open = (this.#targets[i] ?? 0) + weight * prior;
    for (let j = 0; j < n; j += 1) {
      if (j !== i) open -= (this.#products[i * n + j] ?? 0) * (found[j] ?? 0);
    }
    return Math.max(0, open / (own + weight));
  }
}
