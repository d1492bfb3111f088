import { Fault } from '../fault.ts';
import type { Frame } from '../trace/frame.ts';
import { NEVER_TOLD, NOT_TOLD, RATES, readRates, type Rate } from './rates.ts';

/** Of the bytes' meaning; another meaning needs another number. */
const VERSION = 1;
/** Frames that the means look back on: the weight of an older one is below 1 / e. */
const LIFE = 300;
/** Version 1, frames 2; then 3 for each rate. */
const HEAD_BYTES = 3;
const RATE_BYTES = 3;
/** Bytes of a signature at rest: 60. */
export const SIGNATURE_BYTES = HEAD_BYTES + RATE_BYTES * RATES.length;
/** A rate that nothing told yet: the one NaN whose bits are written. */
const UNKNOWN_BITS = 0x7f_c0_00_00;
/** Numbers beyond are cut: a float32 holds not much more, and no machine has them. */
const MOST = 1e30;

/** Scratch, alive within one call. */
const rates = new Float64Array(RATES.length);

/**
 * The running signature of one primary: decayed means of what its frames tell per second, in 60 bytes. Fields that no frame
 * has are tolerated and said (`missing`). Numbers are kept at 16 bits of mantissa, in memory too, so that what was encoded
 * and decoded goes on bit for bit; the same frames give the same bytes.
 */
export class Signature {
  readonly #means = new Float32Array(RATES.length);
  readonly #bits = new Uint32Array(this.#means.buffer);
  #frames = 0;

  private constructor() {
    this.#bits.fill(UNKNOWN_BITS);
  }

  /** Of a primary of which nothing was seen yet. */
  static create(): Signature {
    return new Signature();
  }

  /** The inverse of `encode`. Throws Fault SHADOW_FORMAT when the bytes are no signature of this version. */
  static decode(bytes: Uint8Array): Signature {
    if (bytes.length !== SIGNATURE_BYTES || bytes[0] !== VERSION) {
      throw new Fault(
        'SHADOW_FORMAT',
        `a signature has ${SIGNATURE_BYTES} bytes and begins with version ${VERSION}, got ${bytes.length} bytes of version ${bytes[0] ?? 'none'}: drop it and begin anew`,
      );
    }
    const signature = new Signature();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    signature.#frames = view.getUint16(1);
    for (let i = 0; i < RATES.length; i += 1) {
      const at = HEAD_BYTES + RATE_BYTES * i;
      signature.#bits[i] = (view.getUint16(at) * 2 ** 16 + view.getUint8(at + 2) * 2 ** 8) >>> 0;
    }
    return signature;
  }

  /** Version, frames, and the upper three bytes of each mean as a float32; big endian. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(SIGNATURE_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, VERSION);
    view.setUint16(1, this.#frames);
    for (const [i, bits] of this.#bits.entries()) {
      const at = HEAD_BYTES + RATE_BYTES * i;
      view.setUint16(at, bits >>> 16);
      view.setUint8(at + 2, (bits >>> 8) & 0xff);
    }
    return bytes;
  }

  /** Frames seen, counted up to 300. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes a frame: O(1), nothing is allocated. */
  update(frame: Frame): void {
    const means = this.#means;
    this.#frames = Math.min(LIFE, this.#frames + 1);
    const weight = 1 / this.#frames;
    readRates(frame, rates);
    for (let i = 0; i < rates.length; i += 1) {
      const value = rates[i] ?? NOT_TOLD;
      const mean = means[i] ?? NOT_TOLD;
      if (Number.isNaN(value) || mean === NEVER_TOLD) continue;
      const isFirst = Number.isNaN(mean) || value === NEVER_TOLD;
      means[i] = Math.min(MOST, isFirst ? value : mean + weight * (value - mean));
      this.#bits[i] = ((this.#bits[i] ?? 0) + 0x80) & 0xff_ff_ff_00;
    }
  }

  /** The decayed mean of a rate; undefined when no frame told it or the source cannot. */
  rate(name: Rate): number | undefined {
    const mean = this.#means[RATES.indexOf(name)] ?? NOT_TOLD;
    return Number.isNaN(mean) || mean === NEVER_TOLD ? undefined : mean;
  }

  /** The rates that nothing is known of. */
  missing(): readonly Rate[] {
    return RATES.filter((name) => this.rate(name) === undefined);
  }
}
