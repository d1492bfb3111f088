/**
 * A small network that says how far each expert is to be believed: features in, two hidden layers (rectified), and for each
 * of the trained levels one weight for each expert, positive and summing to one (softmax).
 */
export class Gate {
  readonly #model: GateModel;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #out: Float64Array;
  readonly #input: Float64Array;

  constructor(model: GateModel) {
    this.#model = model;
    this.#input = new Float64Array(model.inputs);
    this.#first = new Float64Array(model.hidden);
    this.#second = new Float64Array(model.hidden);
    this.#out = new Float64Array(model.experts * model.levels);
  }

  /** Weights of the experts at each level for these features: `[expert * levels + level]`. Alive until the next call. */
  weigh(features: Float64Array): Float64Array {
    const { means, scales, weights, levels, experts } = this.#model;
    const input = this.#input;
    for (let i = 0; i < input.length; i += 1) {
      const value = ((features[i] ?? 0) - (means[i] ?? 0)) * (scales[i] ?? 0);
      input[i] = Math.max(-MOST_DEVIATION, Math.min(MOST_DEVIATION, value));
    }
    let at = layer(weights, 0, input, this.#first);
    rectify(this.#first);
    at = layer(weights, at, this.#first, this.#second);
    rectify(this.#second);
    layer(weights, at, this.#second, this.#out);
    for (let level = 0; level < levels; level += 1) softmax(this.#out, level, { stride: levels, count: experts });
    return this.#out;
  }
}

/** The numbers of a trained gate. */
export interface GateModel {
  readonly inputs: number;
  readonly hidden: number;
  readonly experts: number;
  readonly levels: number;
  /** A feature enters as (feature - mean) * scale, cut at five either way. */
  readonly means: Float64Array;
  readonly scales: Float64Array;
  /** Layer by layer: the biases by output, then for each input its weights by output. */
  readonly weights: Float32Array;
}

const MOST_DEVIATION = 5;

/**
 * out[o] = bias + sum of weight * input; returns where the next layer's numbers begin. Input by input: half of them are
 * zero behind a rectifier and cost nothing.
 */
function layer(weights: Float32Array, from: number, input: Float64Array, out: Float64Array): number {
  const width = out.length;
  out.set(weights.subarray(from, from + width));
  let at = from + width;
  for (const value of input) {
    if (value !== 0) for (let o = 0; o < width; o += 1) out[o] = (out[o] ?? 0) + value * (weights[at + o] ?? 0);
    at += width;
  }
  return at;
}

function rectify(values: Float64Array): void {
  for (let i = 0; i < values.length; i += 1) if ((values[i] ?? 0) < 0) values[i] = 0;
}

function softmax(
  values: Float64Array,
  from: number,
  { stride, count }: { readonly stride: number; readonly count: number },
): void {
  let most = -Infinity;
  for (let k = 0; k < count; k += 1) most = Math.max(most, values[from + k * stride] ?? 0);
  let sum = 0;
  for (let k = 0; k < count; k += 1) {
    const at = from + k * stride;
    values[at] = Math.exp((values[at] ?? 0) - most);
    sum += values[at] ?? 0;
  }
  for (let k = 0; k < count; k += 1) values[from + k * stride] = (values[from + k * stride] ?? 0) / sum;
}
