/** Numbers below this fit the short form of `number`. */
const MOST_SHORT = 2 ** 50;

/** Writes a checkpoint's fields one after the other; `ByteReader` reads them in the same order. */
export class ByteWriter {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written, as a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** A whole number from 0, seven bits to a byte. */
  count(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  float(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** Any number: a whole one as twice its distance from zero (its sign in the next bit), another as 1 and eight bytes. */
  number(value: number): void {
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < MOST_SHORT && !Object.is(value, -0))
      this.count(4 * size + (value < 0 ? 2 : 0));
    else {
      this.byte(1);
      this.float(value);
    }
  }

  /** Bytes with their length in front. */
  blob(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(value: string): void {
    this.blob(new TextEncoder().encode(value));
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
