import { malformed } from './malformed.ts';

/**
 * An adaptive binary range coder (G. N. N. Martin, 1979; carry handling as in LZMA's reference coder): a decision that is nearly
 * certain costs nearly nothing. Writer and reader have one interface, so that the model above is written once: the writer
 * returns what it is given, the reader ignores that and returns what it finds.
 */
export interface BitCoder {
  /** One decision under a context, whose past decisions say how likely it is. */
  bit(context: number, bit: boolean): boolean;
  /** The lowest `count` bits, 0 to 53, of a whole number, each taken to be a coin toss. */
  raw(value: number, count: number): number;
}

const BOTTOM = 2 ** 24;
const TOP = 2 ** 32;
const RANGE = 0;
const CODE = 1;
/** Probabilities are kept in 16 bits and used in 12. */
const CERTAIN = 65_536;
const USED_BITS = 12;
const SPARE_BITS = 4;
/** After this many decisions a context follows its latest ones rather than their average. */
const MEMORY = 120;
/** Raw bits go in pieces of at most this many, so that the range stays above 2^8. */
const PIECE_BITS = 16;
/** Zeros that the writer leaves off the end and the reader makes up. */
const TAIL_BYTES = 4;
const INITIAL_BYTES = 256;

/** How likely a 1 is in each context. */
class Odds {
  readonly #ones: Uint16Array;
  readonly #seen: Uint8Array;

  constructor(contexts: number) {
    this.#ones = new Uint16Array(contexts).fill(CERTAIN / 2);
    this.#seen = new Uint8Array(contexts);
  }

  /** The share of a range of 2^12 that a 1 takes, 1 to 4095. */
  of(context: number): number {
    return Math.max(1, (this.#ones[context] ?? 0) >>> SPARE_BITS);
  }

  /** Moves the estimate by 1/1.5, then 1/2.5, 1/3.5, ... of what is left: the average of the past, and then a decaying one. */
  learn(context: number, bit: boolean): void {
    const seen = this.#seen[context] ?? 0;
    const ones = this.#ones[context] ?? 0;
    const left = (bit ? CERTAIN - 1 : 0) - ones;
    this.#ones[context] = ones + (((2 * left) / (2 * seen + 3)) | 0);
    if (seen < MEMORY) this.#seen[context] = seen + 1;
  }
}

/** Writes decisions as bytes. */
export class RangeWriter implements BitCoder {
  readonly #odds: Odds;
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  /** The lower end of the range: 32 bits, and the carry above them. */
  #low = 0;
  #range = TOP - 1;
  /** The byte that a carry may still raise, and how many 255s follow it; -1 before the first one. */
  #held = -1;
  #heldOnes = 0;

  /** Contexts are numbered from 0 to below `contexts`. */
  constructor(contexts: number) {
    this.#odds = new Odds(contexts);
  }

  bit(context: number, bit: boolean): boolean {
    const bound = (this.#range >>> USED_BITS) * this.#odds.of(context);
    if (bit) {
      this.#range = bound;
    } else {
      this.#low += bound;
      this.#range -= bound;
    }
    this.#odds.learn(context, bit);
    this.#normalise();
    return bit;
  }

  raw(value: number, count: number): number {
    let left = count;
    while (left > 0) {
      const taken = Math.min(left, PIECE_BITS);
      left -= taken;
      this.#range = Math.floor(this.#range / 2 ** taken);
      this.#low += this.#range * (Math.floor(value / 2 ** left) % 2 ** taken);
      this.#normalise();
    }
    return value;
  }

  /** The bytes of all decisions; the writer cannot be used afterwards. */
  finish(): Uint8Array {
    // Of all numbers in the range, the one with the most zeros at its end.
    for (let unit = 2 ** 31; unit >= 1; unit /= 2) {
      const round = Math.ceil(this.#low / unit) * unit;
      if (round < this.#low + this.#range) {
        this.#low = round;
        break;
      }
    }
    for (let byte = 0; byte <= TAIL_BYTES; byte += 1) this.#shift();
    let end = this.#length;
    const least = Math.max(0, end - TAIL_BYTES);
    while (end > least && this.#bytes[end - 1] === 0) end -= 1;
    return this.#bytes.slice(0, end);
  }

  #normalise(): void {
    while (this.#range < BOTTOM) {
      this.#range *= 256;
      this.#shift();
    }
  }

  /** Moves the highest byte of `low` out; it waits while a carry can still change it. */
  #shift(): void {
    const carry = this.#low >= TOP ? 1 : 0;
    const low = this.#low - carry * TOP;
    if (carry === 1 || low < 0xff * BOTTOM) {
      if (this.#held >= 0) this.#put(this.#held + carry);
      for (; this.#heldOnes > 0; this.#heldOnes -= 1) this.#put(0xff + carry);
      this.#held = Math.floor(low / BOTTOM);
    } else {
      this.#heldOnes += 1;
    }
    this.#low = (low % BOTTOM) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }
}

/** Reads what a RangeWriter wrote. Every method throws Fault TRACE_MALFORMED when the bytes run out. */
export class RangeReader implements BitCoder {
  readonly #odds: Odds;
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The range, and where in it the bytes point: unsigned 32-bit numbers, which a plain field would keep on the heap. */
  readonly #state = Uint32Array.of(TOP - 1, 0);

  constructor(bytes: Uint8Array, contexts: number) {
    this.#odds = new Odds(contexts);
    this.#bytes = bytes;
    for (let byte = 0; byte < TAIL_BYTES; byte += 1) this.#pull();
  }

  bit(context: number): boolean {
    const state = this.#state;
    const range = state[RANGE] ?? 0;
    const code = state[CODE] ?? 0;
    const bound = (range >>> USED_BITS) * this.#odds.of(context);
    const bit = code < bound;
    if (bit) {
      state[RANGE] = bound;
    } else {
      state[CODE] = code - bound;
      state[RANGE] = range - bound;
    }
    this.#odds.learn(context, bit);
    this.#normalise();
    return bit;
  }

  raw(_value: number, count: number): number {
    const state = this.#state;
    let value = 0;
    let left = count;
    while (left > 0) {
      const taken = Math.min(left, PIECE_BITS);
      left -= taken;
      const range = (state[RANGE] ?? 0) >>> taken;
      const code = state[CODE] ?? 0;
      const piece = Math.floor(code / range);
      if (piece >= 2 ** taken) throw malformed('its columns point outside of their range');
      state[RANGE] = range;
      state[CODE] = code - piece * range;
      value = value * 2 ** taken + piece;
      this.#normalise();
    }
    return value;
  }

  /** Checks that no bytes are left. */
  finish(): void {
    if (this.#at < this.#bytes.length) {
      throw malformed(`${this.#bytes.length} bytes of columns, wanted ${this.#at}`);
    }
  }

  #normalise(): void {
    while ((this.#state[RANGE] ?? 0) < BOTTOM) {
      this.#state[RANGE] = (this.#state[RANGE] ?? 0) << 8;
      this.#pull();
    }
  }

  #pull(): void {
    if (this.#at >= this.#bytes.length + TAIL_BYTES) throw malformed('its columns end in the middle of one');
    this.#state[CODE] = ((this.#state[CODE] ?? 0) << 8) | (this.#bytes[this.#at] ?? 0);
    this.#at += 1;
  }
}
