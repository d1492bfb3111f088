import type { DurationMs, EpochMs } from '../units.ts';

/** What a memory goes by: so many slots of this length, read this much wider than asked on both sides. */
export interface Cycle {
  readonly slots: number;
  readonly slot: DurationMs;
  readonly margin: DurationMs;
}

/** Origin, whether it is set, slot being filled + 1, its maximum so far. */
export const PHASE_FLOATS = 4;
/** Values closer than this cannot be told apart. */
export const PHASE_PRECISION = 0.04;

const STEP = PHASE_PRECISION;
const UNSEEN = 0;
const ZERO = 1;
const MOST = 255;
const FORGET = 0.3;
/** Values below this share of what a code stands for have no higher one, whatever the rounding of logarithms. */
const SURELY_BELOW = 0.999;
const ORIGIN = 0;
const IS_SET = 1;
const OPEN = 2;
const REACHED = 3;

/** A code, and the value that it stands for with an origin. */
interface Decoded {
  code: number;
  origin: number;
  value: number;
}

/**
 * What a meter reached at this phase of a cycle: slots with a maximum that is raised at once and comes down by 30 % of the
 * difference each time round. One byte a slot: 0 is never seen, 1 is zero or next to it, else value = e^(origin + 0.04 * code):
 * 25,000 times from the smallest on. Over buffers that its owner lends.
 */
export class PhaseMemory {
  readonly #cycle: Cycle;
  readonly #codes: Uint8Array;
  readonly #state: Float32Array;
  /** The values of the code being raised and of the one read last: mostly those asked for again, and logarithms are dear. */
  readonly #open: Decoded = { code: UNSEEN, origin: 0, value: 0 };
  readonly #read: Decoded = { code: UNSEEN, origin: 0, value: 0 };

  /** `codes` has a byte for each slot of the cycle, `state` PHASE_FLOATS. */
  constructor(codes: Uint8Array, state: Float32Array, cycle: Cycle) {
    this.#cycle = cycle;
    this.#codes = codes;
    this.#state = state;
  }

  /** Takes what was reached in the interval that ends at `at`; a `capped` slot is not let down. */
  see(value: number, at: EpochMs, capped: boolean): void {
    const s = this.#state;
    const slot = slotOf(at, this.#cycle) + 1;
    if (slot !== s[OPEN]) {
      this.#close();
      s[OPEN] = slot;
      s[REACHED] = 0;
    }
    s[REACHED] = Math.max(s[REACHED] ?? 0, value, capped ? this.#valueOf(this.#codes[slot - 1] ?? 0, this.#open) : 0);
    this.#raise(slot - 1, value);
  }

  /** The most that was reached at these phases and its margin on both sides; undefined where none was ever seen. */
  reached(from: EpochMs, to: EpochMs): number | undefined {
    const { slots, slot, margin } = this.#cycle;
    const first = slotOf(from - margin, this.#cycle);
    const wanted = Math.floor((to + margin) / slot) - Math.floor((from - margin) / slot) + 1;
    let code = 0;
    for (let i = Math.min(slots, wanted) - 1, at = first; i >= 0; i -= 1) {
      code = Math.max(code, this.#codes[at] ?? 0);
      at = at + 1 === slots ? 0 : at + 1;
    }
    return code === UNSEEN ? undefined : this.#valueOf(code, this.#read);
  }

  /** Lowers what is remembered of this phase by a ratio, not below `least`: it was of another level. */
  lower(ratio: number, least: number): void {
    const slot = (this.#state[OPEN] ?? 0) - 1;
    if (slot < 0) return;
    const remembered = this.#valueOf(this.#codes[slot] ?? 0, this.#open);
    this.#codes[slot] = this.#codeOf(Math.max(least, ratio * remembered));
    this.#state[REACHED] = least;
  }

  /** Scales all that is remembered. */
  rescale(ratio: number): void {
    this.#state[ORIGIN] = (this.#state[ORIGIN] ?? 0) + Math.log(ratio);
    this.#state[REACHED] = (this.#state[REACHED] ?? 0) * ratio;
  }

  /** Ends the slot that was being filled: what it reached this time weighs 30 %, unless it was the highest ever. */
  #close(): void {
    const slot = (this.#state[OPEN] ?? 0) - 1;
    if (slot < 0) return;
    const before = this.#valueOf(this.#codes[slot] ?? 0, this.#open);
    const reached = this.#state[REACHED] ?? 0;
    if (reached < before) this.#codes[slot] = this.#codeOf(before + FORGET * (reached - before));
  }

  #raise(slot: number, value: number): void {
    const code = Math.max(this.#codes[slot] ?? 0, ZERO);
    this.#codes[slot] = code;
    if (value <= SURELY_BELOW * this.#valueOf(code, this.#open)) return;
    if (this.#state[IS_SET] === 0) {
      this.#state[IS_SET] = 1;
      this.#state[ORIGIN] = Math.log(value) - (STEP * MOST * 3) / 4;
    }
    const excess = Math.ceil((Math.log(value) - (this.#state[ORIGIN] ?? 0)) / STEP) - MOST;
    if (excess > 0) this.#shift(excess);
    this.#codes[slot] = Math.max(this.#codes[slot] ?? 0, this.#codeOf(value));
  }

  #shift(by: number): void {
    this.#state[ORIGIN] = (this.#state[ORIGIN] ?? 0) + by * STEP;
    for (let i = 0; i < this.#codes.length; i += 1) {
      const code = this.#codes[i] ?? 0;
      if (code !== UNSEEN) this.#codes[i] = Math.max(ZERO, code - by);
    }
  }

  #codeOf(value: number): number {
    if (value <= 0) return ZERO;
    return Math.min(MOST, Math.max(ZERO, Math.round((Math.log(value) - (this.#state[ORIGIN] ?? 0)) / STEP)));
  }

  #valueOf(code: number, known: Decoded): number {
    if (code <= ZERO) return 0;
    const origin = this.#state[ORIGIN] ?? 0;
    if (known.code !== code || known.origin !== origin) {
      known.code = code;
      known.origin = origin;
      known.value = Math.exp(origin + STEP * code);
    }
    return known.value;
  }
}

const slotOf = (at: EpochMs, { slots, slot }: Cycle): number => {
  const cycle = slots * slot;
  return Math.floor((at - Math.floor(at / cycle) * cycle) / slot) | 0;
};
