import { Fault } from '../fault.ts';

/** Reads what `ByteWriter` wrote. Every method throws Fault SHADOW_FORMAT where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  count(): number {
    let value = 0;
    let unit = 1;
    for (let byte = this.byte(); ; byte = this.byte()) {
      value += (byte % 128) * unit;
      if (byte < 128) return value;
      unit *= 128;
    }
  }

  float(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  number(): number {
    const code = this.count();
    if (code === 1) return this.float();
    const size = Math.floor(code / 4);
    return code % 4 === 2 ? -size : size;
  }

  /** A view, not a copy. */
  blob(): Uint8Array {
    const length = this.count();
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(): string {
    return new TextDecoder().decode(this.blob());
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length)
      throw new Fault('SHADOW_FORMAT', 'the checkpoint of a shadow is cut: drop it and start the shadow anew');
    this.#at += length;
    return at;
  }
}
