/** The samples of a moving window in order of size: exact percentiles, a binary search and one move of memory a sample. */
export class SortedWindow {
  #values = new Float64Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: number): void {
    if (this.#size === this.#values.length) {
      const wider = new Float64Array(2 * this.#size);
      wider.set(this.#values);
      this.#values = wider;
    }
    const at = this.#firstFrom(value);
    this.#values.copyWithin(at + 1, at, this.#size);
    this.#values[at] = value;
    this.#size += 1;
  }

  /** Takes a value away that was added. */
  remove(value: number): void {
    const at = this.#firstFrom(value);
    this.#values.copyWithin(at, at + 1, this.#size);
    this.#size -= 1;
  }

  /** Percentile `level` (0 to 1), linear between two samples; 0 when there are none. */
  quantile(level: number): number {
    if (this.#size === 0) return 0;
    const at = level * (this.#size - 1);
    const below = Math.floor(at);
    const [low, high] = [this.#values[below] ?? 0, this.#values[Math.min(below + 1, this.#size - 1)] ?? 0];
    return low + (high - low) * (at - below);
  }

  /** Writes the percentile at each level to `out`. */
  quantiles(levels: readonly number[], out: Float64Array): void {
    for (let l = 0; l < levels.length; l += 1) out[l] = this.quantile(levels[l] ?? 1);
  }

  /** Index of the first value that is not below `value`. */
  #firstFrom(value: number): number {
    let [low, high] = [0, this.#size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
