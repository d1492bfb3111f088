/** Learns the table of `lib/core/forecast/prior.ts` by Adam on the pinball loss. Seeded: the same rows give the same table. */
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { INPUTS, type PriorTable } from '../../lib/core/forecast/prior.ts';

const Q = LEVELS.length;
/** What a row holds after its inputs: ln(outcome / peak + floor), and the peak in units of the meter's mean. */
export const ROW = INPUTS + 2;
const MOST_LOG = 1.5;
/** Weight of the loss on the logarithm beside the loss in units of the meter's mean demand, which is what slack costs. */
const LOG_LOSS = 0.3;
const MOST_SCALE = 20;
const LEVEL_WEIGHTS = LEVELS.map((level) => 1 / Math.sqrt(1 - level) / Q);

/** Rows of one meter of one VM, and how much they count together. */
export interface RowSet {
  readonly rows: Float32Array;
  readonly weight: number;
}

interface LearnOptions {
  readonly hidden: number;
  readonly batches: number;
  readonly batch: number;
  readonly rate: number;
}

/** A seeded generator of numbers from 0 to 1. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Learns a prior. The inputs are standardised for learning, and the table undoes it. */
export function learnPrior(
  sets: readonly RowSet[],
  options: LearnOptions,
  onBatch: (done: number, loss: number) => void,
): PriorTable {
  const next = chance(1);
  const pick = pickerOf(sets, next);
  const { mean, spread } = momentsOf(pick);
  const net = new Network(options.hidden, next);
  const x = new Float64Array(INPUTS + 1);
  let loss = 0;
  for (let b = 1; b <= options.batches; b += 1) {
    for (let i = 0; i < options.batch; i += 1) {
      const { rows, from } = pick();
      for (let k = 0; k < INPUTS; k += 1) x[k] = ((rows[from + k] ?? 0) - (mean[k] ?? 0)) / (spread[k] ?? 1);
      x[INPUTS] = 1;
      loss += net.learn(x, rows[from + INPUTS] ?? 0, Math.min(MOST_SCALE, rows[from + INPUTS + 1] ?? 0));
    }
    const warm = Math.min(1, b / 200);
    net.step((options.rate * warm * (1.001 + Math.cos((Math.PI * b) / options.batches))) / 2, options.batch);
    if (b % 500 === 0) {
      onBatch(b, loss / 500 / options.batch);
      loss = 0;
    }
  }
  return net.table(mean, spread);
}

type Pick = () => { readonly rows: Float32Array; readonly from: number };

function pickerOf(sets: readonly RowSet[], next: () => number): Pick {
  const ends: number[] = [];
  let total = 0;
  for (const { weight } of sets) ends.push((total += weight));
  return () => {
    const at = next() * total;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > at) high = middle;
      else low = middle + 1;
    }
    const { rows } = sets[low]!;
    return { rows, from: ROW * Math.floor((next() * rows.length) / ROW) };
  };
}

function momentsOf(pick: Pick): { mean: Float64Array; spread: Float64Array } {
  const [mean, spread, n] = [new Float64Array(INPUTS), new Float64Array(INPUTS), 50_000];
  for (let i = 0; i < n; i += 1) {
    const { rows, from } = pick();
    for (let k = 0; k < INPUTS; k += 1) {
      mean[k]! += rows[from + k]! / n;
      spread[k]! += rows[from + k]! ** 2 / n;
    }
  }
  for (let k = 0; k < INPUTS; k += 1) spread[k] = Math.sqrt(Math.max(0, spread[k]! - mean[k]! ** 2)) + 1e-3;
  return { mean, spread };
}

/** Numbers, their gradient, and Adam's two moments. */
class Weights {
  readonly w: Float64Array;
  readonly g: Float64Array;
  readonly #m: Float64Array;
  readonly #v: Float64Array;
  #steps = 0;

  constructor(size: number, start: (i: number) => number) {
    this.w = Float64Array.from({ length: size }, (_, i) => start(i));
    this.g = new Float64Array(size);
    this.#m = new Float64Array(size);
    this.#v = new Float64Array(size);
  }

  step(rate: number, batch: number): void {
    this.#steps += 1;
    const [a, b] = [1 - 0.9 ** this.#steps, 1 - 0.999 ** this.#steps];
    for (let i = 0; i < this.w.length; i += 1) {
      const g = this.g[i]! / batch;
      this.#m[i] = 0.9 * this.#m[i]! + 0.1 * g;
      this.#v[i] = 0.999 * this.#v[i]! + 0.001 * g * g;
      this.w[i]! -= (rate * (this.#m[i]! / a)) / (Math.sqrt(this.#v[i]! / b) + 1e-8);
    }
    this.g.fill(0);
  }
}

const WIDE = INPUTS + 1;

class Network {
  readonly #hidden: number;
  readonly #lower: Weights;
  readonly #linear: Weights;
  readonly #upper: Weights;
  readonly #active: Float64Array;

  constructor(hidden: number, next: () => number) {
    const normal = (): number => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
    this.#hidden = hidden;
    this.#active = new Float64Array(hidden);
    this.#lower = new Weights(hidden * WIDE, (i) => (i % WIDE === INPUTS ? 0 : normal() * Math.sqrt(2 / INPUTS)));
    this.#linear = new Weights(Q * WIDE, (i) => (i % WIDE === INPUTS ? -4 + (2 * Math.floor(i / WIDE)) / Q : 0));
    this.#upper = new Weights(Q * hidden, () => 0.05 * normal());
  }

  /** Adds the gradient of one row and says its loss. */
  learn(x: Float64Array, y: number, scale: number): number {
    for (let h = 0; h < this.#hidden; h += 1) this.#active[h] = Math.max(0, dot(this.#lower.w, h * WIDE, x));
    const back = new Float64Array(this.#hidden);
    let loss = 0;
    for (let q = 0; q < Q; q += 1) {
      let z = dot(this.#linear.w, q * WIDE, x);
      for (let h = 0; h < this.#hidden; h += 1) z += this.#upper.w[q * this.#hidden + h]! * this.#active[h]!;
      const slope = lossSlope(z, y, scale, q);
      loss += slope.loss;
      for (let k = 0; k < WIDE; k += 1) this.#linear.g[q * WIDE + k]! += slope.by * x[k]!;
      for (let h = 0; h < this.#hidden; h += 1) {
        if (this.#active[h] === 0) continue;
        back[h]! += slope.by * this.#upper.w[q * this.#hidden + h]!;
        this.#upper.g[q * this.#hidden + h]! += slope.by * this.#active[h]!;
      }
    }
    for (let h = 0; h < this.#hidden; h += 1) {
      if (this.#active[h] === 0) continue;
      for (let k = 0; k < WIDE; k += 1) this.#lower.g[h * WIDE + k]! += back[h]! * x[k]!;
    }
    return loss;
  }

  step(rate: number, batch: number): void {
    for (const weights of [this.#lower, this.#linear, this.#upper]) weights.step(rate, batch);
  }

  table(mean: Float64Array, spread: Float64Array): PriorTable {
    const raw = (weights: Float64Array): number[] => {
      const plain = Array.from(weights);
      for (let row = 0; row < plain.length; row += WIDE) {
        for (let k = 0; k < INPUTS; k += 1) {
          plain[row + k] = weights[row + k]! / spread[k]!;
          plain[row + INPUTS]! -= plain[row + k]! * mean[k]!;
        }
      }
      return plain.map(short);
    };
    return {
      hidden: this.#hidden,
      lower: raw(this.#lower.w),
      linear: raw(this.#linear.w),
      upper: Array.from(this.#upper.w, short),
    };
  }
}

const short = (x: number): number => Number(x.toPrecision(4));

function dot(table: Float64Array, from: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < WIDE; k += 1) sum += table[from + k]! * x[k]!;
  return sum;
}

/** Pinball loss of the logarithm and of the level, and its slope by z. */
function lossSlope(z: number, y: number, scale: number, q: number): { loss: number; by: number } {
  const level: number = LEVELS[q]!;
  const weight = LEVEL_WEIGHTS[q]!;
  const side = y > z ? -level : 1 - level;
  const reached = Math.exp(Math.min(MOST_LOG, z));
  const loss = LOG_LOSS * side * (z - y) + side * (reached - Math.exp(Math.min(MOST_LOG, y))) * scale;
  const by = LOG_LOSS * side + (z < MOST_LOG ? side * reached * scale : 0);
  return { loss: weight * loss, by: weight * by };
}
