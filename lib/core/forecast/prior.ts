import { LEVELS } from './levels.ts';
import { TRAITS } from './traits.ts';

/**
 * The fleet prior: what meters with these traits went on to do, learnt once from many VMs (test/bench/learn-prior.ts) and
 * shipped as a table. A network of one hidden layer of rectifiers beside a linear map, a quantile for each of LEVELS:
 *
 *   out[q] = bias[q] + linear[q] . x + sum over h of upper[q][h] * max(0, lower[h] . x + offset[h])
 *
 * It has no state, so a VM that has just appeared is sized by it from the first sample.
 */
const Q = LEVELS.length;
/** Traits, and the quantiles that the meter's own history gives. */
export const INPUTS = TRAITS + Q;
/** With the constant of each row. */
const WIDE = INPUTS + 1;

/** The numbers of the prior: `hidden` rows of INPUTS + 1 (the last is the offset), Q rows of INPUTS + 1, Q rows of `hidden`. */
export interface PriorTable {
  readonly hidden: number;
  readonly lower: readonly number[];
  readonly linear: readonly number[];
  readonly upper: readonly number[];
}

/** Rows that are summed beside each other: one sum alone would wait for itself at each step. */
const ABREAST = 4;

/** A prior ready to be asked. */
export class Prior {
  readonly #hidden: number;
  /** The rows of `lower`, those of `linear`, and zeros to a multiple of ABREAST. */
  readonly #rows: Float64Array;
  readonly #upper: Float64Array;
  readonly #sums: Float64Array;
  readonly #inputs = new Float64Array(WIDE).fill(1);

  constructor({ hidden, lower, linear, upper }: PriorTable) {
    this.#hidden = hidden;
    this.#sums = new Float64Array(ABREAST * Math.ceil((hidden + Q) / ABREAST));
    this.#rows = new Float64Array(this.#sums.length * WIDE);
    this.#rows.set([...lower, ...linear]);
    this.#upper = Float64Array.from(upper);
  }

  /** Writes to `out[0 .. Q)` the quantiles for `inputs`, on the scale of `relate`; they rise with the level. */
  foresee(inputs: Float64Array, out: Float64Array): void {
    for (let i = 0; i < INPUTS; i += 1) this.#inputs[i] = inputs[i] ?? 0;
    sumRows(this.#rows, this.#inputs, this.#sums);
    for (let q = 0; q < Q; q += 1) out[q] = this.#sums[this.#hidden + q] ?? 0;
    for (let h = 0; h < this.#hidden; h += 1) {
      const active = this.#sums[h] ?? 0;
      if (active <= 0) continue;
      for (let q = 0; q < Q; q += 1) out[q] = (out[q] ?? 0) + active * (this.#upper[q * this.#hidden + h] ?? 0);
    }
    rise(out);
  }
}

function rise(out: Float64Array): void {
  for (let q = 1; q < Q; q += 1) out[q] = Math.max(out[q] ?? 0, out[q - 1] ?? 0);
}

/** Writes to `sums` each row by the inputs, of which the last is 1. */
function sumRows(rows: Float64Array, inputs: Float64Array, sums: Float64Array): void {
  for (let r = 0; r < sums.length; r += ABREAST) {
    const i = r * WIDE;
    const j = i + WIDE;
    const k = j + WIDE;
    const l = k + WIDE;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let n = 0; n < WIDE; n += 1) {
      const input = inputs[n] ?? 0;
      a += (rows[i + n] ?? 0) * input;
      b += (rows[j + n] ?? 0) * input;
      c += (rows[k + n] ?? 0) * input;
      d += (rows[l + n] ?? 0) * input;
    }
    sums[r] = a;
    sums[r + 1] = b;
    sums[r + 2] = c;
    sums[r + 3] = d;
  }
}
