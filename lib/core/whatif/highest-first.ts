/** Blocks by their hash, the highest first: a binary heap in two typed arrays, never larger than it is made. */
export class HighestFirst {
  readonly #blocks: Float64Array;
  readonly #hashes: Uint32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#blocks = new Float64Array(capacity);
    this.#hashes = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The highest hash; 0 when there is none. */
  get topHash(): number {
    return this.#size > 0 ? (this.#hashes[0] ?? 0) : 0;
  }

  /** Throws RangeError when it is full. */
  push(block: number, hash: number): void {
    if (this.#size >= this.#blocks.length) throw new RangeError(`more than ${this.#blocks.length} blocks`);
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#hashes[parent] ?? 0) >= hash) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, block, hash);
  }

  /** Takes the block with the highest hash out; NaN when there is none. */
  pop(): number {
    if (this.#size === 0) return Number.NaN;
    const top = this.#blocks[0] ?? Number.NaN;
    this.#size -= 1;
    const block = this.#blocks[this.#size] ?? 0;
    const hash = this.#hashes[this.#size] ?? 0;
    let at = 0;
    for (let child = this.#largerChild(at); child < this.#size; child = this.#largerChild(at)) {
      if ((this.#hashes[child] ?? 0) <= hash) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, block, hash);
    return top;
  }

  /** At or beyond the size where there is no child. */
  #largerChild(at: number): number {
    const left = 2 * at + 1;
    const hasRight = left + 1 < this.#size;
    return hasRight && (this.#hashes[left + 1] ?? 0) > (this.#hashes[left] ?? 0) ? left + 1 : left;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#blocks[from] ?? 0, this.#hashes[from] ?? 0);
  }

  #put(at: number, block: number, hash: number): void {
    this.#blocks[at] = block;
    this.#hashes[at] = hash;
  }
}
