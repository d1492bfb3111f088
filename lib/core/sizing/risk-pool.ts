import type { Meter } from '../meter.ts';
import type { Probability } from '../units.ts';

/** How far one sample in time moves the logarithm of the multiplier in the end, and how much further at first. */
const RATE = 0.0005;
const FIRST_RATE = 0.0045;
/** After so many samples half of the further way is left. */
const FIRST_SAMPLES = 200;
/** No multiplier is further than this from where it began, as a logarithm. */
const FURTHEST = 3;

/** What the members of a pool know together about a meter. */
export class PooledMeter {
  readonly #risk: Probability;
  /** ln m without its beginning. */
  learnt = 0;
  #seen = 0;
  #members = 0;
  #steepness = 0;

  constructor(risk: Probability) {
    this.#risk = risk;
  }

  /** The mean over the members of how steep their forecasts are, in units of their own mean demand. */
  get steepness(): number {
    return this.#members > 0 ? Math.max(0, this.#steepness) / this.#members : 0;
  }

  enter(): void {
    this.#members += 1;
  }

  /** What is known is known of the members: the last one to leave takes it along. */
  leave(steepness: number): void {
    this.#members -= 1;
    this.#steepness -= steepness;
    if (this.#members > 0) return;
    this.learnt = 0;
    this.#seen = 0;
    this.#steepness = 0;
  }

  /** A member's steepness, in units of its mean demand, is now `after` and was `before`. */
  steepen(before: number, after: number): void {
    this.#steepness += after - before;
  }

  /**
   * Takes whether one sample of one member was missed: ln m += rate * (1 - missed / risk). Members who see the same moment
   * share a step; their noise adds up as its root.
   */
  learn(isMissed: boolean): void {
    const perMember = this.#seen / this.#members;
    const rate = (RATE + FIRST_RATE / (1 + perMember / FIRST_SAMPLES)) / Math.sqrt(this.#members);
    const moved = this.learnt + rate * (1 - (isMissed ? 1 / this.#risk : 0));
    this.learnt = Math.min(FURTHEST, Math.max(-FURTHEST, moved));
    this.#seen += 1;
  }
}

/**
 * VMs that share a risk: together they are short in that share of their samples, and those whose last percent is dear to cover
 * are short more often than those for which it costs next to nothing (spend-risk.ts has the price that they share). A pool of one
 * VM is that VM with a risk of its own. Members (RiskTracker) are to be followed in the order of time.
 */
export class RiskPool {
  readonly risk: Probability;
  readonly #meters = new Map<Meter, PooledMeter>();

  /** `risk` per sample, above 0 and below 1. */
  constructor(risk: Probability) {
    this.risk = risk;
  }

  /** What is known together of a meter. */
  of(meter: Meter): PooledMeter {
    let pooled = this.#meters.get(meter);
    if (pooled === undefined) this.#meters.set(meter, (pooled = new PooledMeter(this.risk)));
    return pooled;
  }
}
