import type { Meter } from '../meter.ts';
import type { Probability } from '../units.ts';

/** How far one sample in time moves the logarithm of the multiplier in the end, and how much further at first. */
const RATE = 0.0005;
const FIRST_RATE = 0.0045;
/** After so many samples half of the further way is left. */
const FIRST_SAMPLES = 200;
/** No multiplier is further than this from where it began, as a logarithm. */
const FURTHEST = 3;
/** Steepness is added up in whole units of this, so that a sum does not depend on the order of its parts. */
const UNIT = 2 ** -16;
const MOST_UNITS = 2 ** 36;

/** What a pool knew of a meter when its members were put away. Each keeps a copy; the first to come back brings it. */
export interface PoolMemory {
  readonly learnt: number;
  /** Mean steepness of the forecasts of its members, in units of their mean demand. */
  readonly steepness: number;
  readonly members: number;
}

/** What the members of a pool know together about a meter. */
export class PooledMeter {
  readonly #risk: Probability;
  #learnt = 0;
  #seen = 0;
  #members = 0;
  /** In UNIT. */
  #steepness = 0;
  #before: PoolMemory | undefined;

  constructor(risk: Probability) {
    this.#risk = risk;
  }

  /** ln m without its beginning; a float32, as it is put away. */
  get learnt(): number {
    return this.#learnt;
  }

  /** The mean over the members, those that did not come back yet too, of how steep their forecasts are (PoolMemory). */
  get steepness(): number {
    const missing = Math.max(0, (this.#before?.members ?? 0) - this.#members);
    const all = this.#members + missing;
    return all > 0 ? (UNIT * this.#steepness + missing * (this.#before?.steepness ?? 0)) / all : 0;
  }

  get memory(): PoolMemory {
    return { learnt: this.#learnt, steepness: this.steepness, members: this.#members };
  }

  /** A member that was seen so many times comes, with what it remembers of the pool. */
  enter(samples: number, memory?: PoolMemory): void {
    if (this.#members === 0 && memory !== undefined) {
      this.#learnt = memory.learnt;
      this.#before = memory;
    }
    this.#members += 1;
    this.#seen += samples;
  }

  /** What is known is known of the members: the last one to leave takes it along. */
  leave(samples: number, steepness: number): void {
    this.#members -= 1;
    this.#seen -= samples;
    this.#steepness -= unitsOf(steepness);
    if (this.#before !== undefined) this.#before = { ...this.#before, members: this.#before.members - 1 };
    if (this.#members > 0) return;
    this.#learnt = 0;
    this.#before = undefined;
  }

  /** One more sample of a member. */
  grow(): void {
    this.#seen += 1;
  }

  /** A member's steepness, in units of its mean demand, is now `after` and was `before`. */
  steepen(before: number, after: number): void {
    this.#steepness += unitsOf(after) - unitsOf(before);
  }

  /**
   * Takes whether one sample of one member was missed: ln m += rate * (1 - missed / risk). Members who see the same moment
   * share a step; their noise adds up as its root. `weight`: how many samples it stands for.
   */
  learn(isMissed: boolean, weight = 1): void {
    const members = Math.max(this.#members, this.#before?.members ?? 0);
    const perMember = this.#seen / this.#members;
    const rate = (RATE + FIRST_RATE / (1 + perMember / FIRST_SAMPLES)) / Math.sqrt(members);
    const moved = this.#learnt + weight * rate * (1 - (isMissed ? 1 / this.#risk : 0));
    this.#learnt = Math.fround(Math.min(FURTHEST, Math.max(-FURTHEST, moved)));
  }
}

const unitsOf = (steepness: number): number => Math.round(Math.min(MOST_UNITS, steepness / UNIT));

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
