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

/** The inputs while they are summed: an array that is known when the code is compiled is read without checks. */
const given = new Float64Array(INPUTS);

/** A prior ready to be asked. */
export class Prior {
  readonly #hidden: number;
  /** The rows of `lower`, then those of `linear`, by ABREAST; zeros fill the last block. */
  readonly #rows: readonly Float64Array[];
  /** The columns of `upper`, one after the other. */
  readonly #columns: Float64Array;
  readonly #sums: Float64Array;

  constructor({ hidden, lower, linear, upper }: PriorTable) {
    this.#hidden = hidden;
    this.#rows = blocksOf([...lower, ...linear], ABREAST * WIDE);
    this.#sums = new Float64Array(ABREAST * this.#rows.length);
    this.#columns = Float64Array.from(upper, (_, i) => upper[(i % Q) * hidden + Math.floor(i / Q)] ?? 0);
  }

  /** Writes to `out[0 .. Q)` the quantiles for `inputs`, on the scale of `relate`; they rise with the level. */
  foresee(inputs: Float64Array, out: Float64Array): void {
    const sums = this.#sums;
    const hidden = this.#hidden;
    for (let i = 0; i < INPUTS; i += 1) given[i] = inputs[i] ?? 0;
    for (let i = 0; i < this.#rows.length; i += 1) sumBlock(this.#rows[i] ?? given, sums, i * ABREAST);
    for (let q = 0; q < Q; q += 1) out[q] = sums[hidden + q] ?? 0;
    addActive(this.#columns, sums, hidden, out);
    rise(out);
  }
}

function blocksOf(numbers: readonly number[], size: number): readonly Float64Array[] {
  return Array.from({ length: Math.ceil(numbers.length / size) }, (_, block) => {
    const rows = new Float64Array(size);
    rows.set(numbers.slice(block * size, (block + 1) * size));
    return rows;
  });
}

function rise(out: Float64Array): void {
  for (let q = 1; q < Q; q += 1) out[q] = Math.max(out[q] ?? 0, out[q - 1] ?? 0);
}

/** Writes to `sums[to ...]` each row of a block by the inputs. Its bounds are constants: that spares most checks. */
function sumBlock(rows: Float64Array, sums: Float64Array, to: number): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let n = 0; n < INPUTS; n += 1) {
    const input = given[n] ?? 0;
    a += (rows[n] ?? 0) * input;
    b += (rows[WIDE + n] ?? 0) * input;
    c += (rows[2 * WIDE + n] ?? 0) * input;
    d += (rows[3 * WIDE + n] ?? 0) * input;
  }
  sums[to] = a + (rows[INPUTS] ?? 0);
  sums[to + 1] = b + (rows[WIDE + INPUTS] ?? 0);
  sums[to + 2] = c + (rows[2 * WIDE + INPUTS] ?? 0);
  sums[to + 3] = d + (rows[3 * WIDE + INPUTS] ?? 0);
}

/** Adds to the six quantiles what each active hidden one gives them: in variables, as a store for each addend is dear. */
function addActive(columns: Float64Array, sums: Float64Array, hidden: number, out: Float64Array): void {
  let a = at(out, 0);
  let b = at(out, 1);
  let c = at(out, 2);
  let d = at(out, 3);
  let e = at(out, 4);
  let f = at(out, 5);
  for (let h = 0; h < hidden; h += 1) {
    const active = at(sums, h);
    if (active <= 0) continue;
    const i = h * Q;
    a += active * at(columns, i);
    b += active * at(columns, i + 1);
    c += active * at(columns, i + 2);
    d += active * at(columns, i + 3);
    e += active * at(columns, i + 4);
    f += active * at(columns, i + 5);
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
  out[4] = e;
  out[5] = f;
}

const at = (numbers: Float64Array, i: number): number => numbers[i] ?? 0;
