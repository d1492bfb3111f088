import { LEVELS } from './levels.ts';

/**
 * Bernstein Online Aggregation (Wintenberger 2017; `BOA` of the R package opera) of experts under pinball loss, with the
 * gradient trick: after outcome y the mixture p has the loss gradient g = [y <= p] - q, and expert k the regret
 * r = g * (p - e[k]);
 *
 *   H[k] = d * H[k] + 2.2 * r^2,   R[k] = d * R[k] + r - r^2 / sqrt(H[k]),   w[k] ~ exp(R[k] / sqrt(H[k]))
 *
 * with a slow discount d so that the best expert may change. Levels of one group share their weights: neighbours want
 * the same experts, and together they learn from more. Layout: R by group and expert, H by group and expert.
 */
const DISCOUNT = 0.9997;
const Q = LEVELS.length;
/** Levels 2 g and 2 g + 1 are group g. */
const GROUP_COUNT = Q / 2;

/** Floats of the state for so many experts. */
export const mixtureFloats = (experts: number): number => 2 * GROUP_COUNT * experts;

/** The mixture of a fixed number of experts over a buffer that its owner lends. */
export class Mixture {
  readonly #state: Float32Array;
  readonly #experts: number;
  /** By group and expert; a function of the state, kept because exponentials are dear. */
  readonly #weights: Float64Array;
  /** What the first expert is ahead of the others by when nothing is known, in the exponent of its weight. */
  readonly #headStart: number;
  #isStale = true;

  constructor(state: Float32Array, experts: number, headStart = 0) {
    this.#headStart = headStart;
    this.#state = state;
    this.#experts = experts;
    this.#weights = new Float64Array(GROUP_COUNT * experts);
  }

  /** Writes to `out[q]` the weighted mean of `values[k * Q + q]` over the experts k. */
  mix(values: Float64Array, out: Float64Array): void {
    if (this.#isStale) for (let group = 0; group < GROUP_COUNT; group += 1) this.#weigh(group);
    this.#isStale = false;
    let at = 0;
    for (let q = 0; q < Q; q += 2) {
      let low = 0;
      let high = 0;
      for (let i = q; i < this.#experts * Q; i += Q) {
        const weight = this.#weights[at] ?? 0;
        low += weight * (values[i] ?? 0);
        high += weight * (values[i + 1] ?? 0);
        at += 1;
      }
      out[q] = low;
      out[q + 1] = high;
    }
  }

  /** To be called when the state was changed from outside (rounded). */
  refresh(): void {
    this.#isStale = true;
  }

  /** Scales what was lost so far, as if all losses had been that much less; the weights stay. */
  rescale(ratio: number): void {
    const squares = this.#state.length / 2;
    for (let i = 0; i < squares; i += 1) {
      this.#state[i] = (this.#state[i] ?? 0) * ratio;
      this.#state[squares + i] = (this.#state[squares + i] ?? 0) * ratio * ratio;
    }
  }

  /** Learns from outcome `y` of a forecast that was mixed to `mixed` from `values`. */
  learn(y: number, values: Float64Array, mixed: Float64Array): void {
    this.#isStale = true;
    let at = 0;
    for (let q = 0; q < Q; q += 2) {
      const low = mixed[q] ?? 0;
      const high = mixed[q + 1] ?? 0;
      const gradientOfLow = (y > low ? 0 : 1) - (LEVELS[q] ?? 0.5);
      const gradientOfHigh = (y > high ? 0 : 1) - (LEVELS[q + 1] ?? 0.5);
      for (let i = q; i < this.#experts * Q; i += Q) {
        this.#add(at, gradientOfLow * (low - (values[i] ?? 0)) + gradientOfHigh * (high - (values[i + 1] ?? 0)));
        at += 1;
      }
    }
  }

  #add(at: number, regret: number): void {
    const square = GROUP_COUNT * this.#experts + at;
    const h = DISCOUNT * (this.#state[square] ?? 0) + 2.2 * regret * regret;
    this.#state[square] = h;
    if (h > 0) this.#state[at] = DISCOUNT * (this.#state[at] ?? 0) + regret - (regret * regret) / Math.sqrt(h);
  }

  #weigh(group: number): void {
    const from = group * this.#experts;
    const squares = GROUP_COUNT * this.#experts + from;
    let top = -Infinity;
    for (let k = 0; k < this.#experts; k += 1) {
      const h = this.#state[squares + k] ?? 0;
      const known = h > 0 ? (this.#state[from + k] ?? 0) / Math.sqrt(h) : 0;
      const z = k === 0 ? known + this.#headStart : known;
      this.#weights[from + k] = z;
      if (z > top) top = z;
    }
    this.#normalize(from, top);
  }

  /** Turns the exponents of one group, of which the highest is `top`, into weights that sum to 1. */
  #normalize(from: number, top: number): void {
    let sum = 0;
    for (let k = from; k < from + this.#experts; k += 1) {
      const z = this.#weights[k] ?? 0;
      const weight = z === top ? 1 : Math.exp(z - top);
      this.#weights[k] = weight;
      sum += weight;
    }
    for (let k = from; k < from + this.#experts; k += 1) this.#weights[k] = (this.#weights[k] ?? 0) / sum;
  }
}
