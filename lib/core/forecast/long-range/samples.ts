/**
 * A bag of numbers that stands for a distribution: filled by an expert, sorted once, read at any level. One buffer is used
 * again and again; it belongs to whoever filled it last, until the next `clear`.
 */
export class Samples {
  readonly #values: Float64Array;
  #size = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Adds a number; NaN is a hole and is left out, and so is what no longer fits. */
  add(value: number): void {
    if (Number.isNaN(value) || this.#size >= this.#values.length) return;
    this.#values[this.#size] = value;
    this.#size += 1;
  }

  /** Moves every number: v -> v * factor + shift. */
  move(factor: number, shift: number): void {
    for (let i = 0; i < this.#size; i += 1) this.#values[i] = (this.#values[i] ?? 0) * factor + shift;
  }

  /** Writes the quantiles at `levels` to `out[from ...]`, linear between (i + 0.5) / n; not below zero. */
  read(levels: Float64Array, out: Float64Array, from: number): void {
    const n = this.#size;
    const values = this.#values;
    sortNumbers(values, n);
    for (let q = 0; q < levels.length; q += 1) {
      const place = Math.min(n - 1, Math.max(0, (levels[q] ?? 0.5) * n - 0.5));
      const below = Math.floor(place);
      const low = values[below] ?? 0;
      const high = values[Math.min(n - 1, below + 1)] ?? 0;
      out[from + q] = Math.max(0, low + (place - below) * (high - low));
    }
  }
}

/** Up to here insertion beats the call into the engine. */
const FEW = 32;

function sortNumbers(values: Float64Array, n: number): void {
  if (n > FEW) {
    values.subarray(0, n).sort();
    return;
  }
  for (let i = 1; i < n; i += 1) {
    const value = values[i] ?? 0;
    let at = i;
    while (at > 0 && (values[at - 1] ?? 0) > value) {
      values[at] = values[at - 1] ?? 0;
      at -= 1;
    }
    values[at] = value;
  }
}
