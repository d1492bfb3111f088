import type { Probability } from '../units.ts';

/** Weight of the newest sample once there are many: about the last two thousand count, a week at five minutes. */
const RATE = 0.0005;
/** The risk that a sizing asks for counts as much as this many samples of what came of it. */
const BELIEF = 200;

/**
 * Which of several sizings to follow when a shortage has a price instead of a risk: the one that would have cost least so far,
 *
 *   cost = mean of [D > A] * price + mean of (A - D)+ / mean of D,
 *
 * the price in samples of the mean demand idle (the sizing that a cost of violation against a cost of idle capacity implies, for
 * a whole fleet alike: VMs for which the last shortages are dear to avoid get more of them, calm ones next to none). Followed are
 * the sizings at several risks; constant state, causal.
 */
export class PricedChoice {
  readonly #short: Float64Array;
  readonly #idle: Float64Array;
  #demand = 0;
  #samples = 0;

  /** For the sizings at these risks. */
  constructor(risks: readonly Probability[]) {
    this.#short = Float64Array.from(risks);
    this.#idle = new Float64Array(risks.length);
  }

  /** Takes one sample: what was wanted, and the size of each sizing in force for it; NaN for none. */
  see(demand: number, sizeOf: (sizing: number) => number): void {
    this.#samples += 1;
    const rate = Math.max(RATE, 1 / this.#samples);
    const seen = Math.max(RATE, 1 / (BELIEF + this.#samples));
    this.#demand += rate * (demand - this.#demand);
    for (let k = 0; k < this.#short.length; k += 1) {
      const room = sizeOf(k) - demand;
      if (Number.isNaN(room)) continue;
      this.#short[k] = (this.#short[k] ?? 0) + seen * (Number(room < 0) - (this.#short[k] ?? 0));
      this.#idle[k] = (this.#idle[k] ?? 0) + rate * (Math.max(0, room) - (this.#idle[k] ?? 0));
    }
  }

  /** The sizing to follow at a price, the first one when several cost the same; `otherwise` while nothing was wanted. */
  at(price: number, otherwise: number): number {
    if (!(this.#demand > 0)) return otherwise;
    let best = otherwise;
    let least = Infinity;
    for (let k = 0; k < this.#short.length; k += 1) {
      const cost = (this.#short[k] ?? 0) * price + (this.#idle[k] ?? 0) / this.#demand;
      if (cost < least) [best, least] = [k, cost];
    }
    return best;
  }
}
