/** A complex signal: real and imaginary parts of the same length. */
export interface Signal {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * The discrete Fourier transform of any length, X[k] = sum x[t] e^(-2 pi i k t / n), by the mixed-radix Cooley-Tukey
 * recursion over the prime factors of n: quick for lengths of small factors, as whole days are.
 */
export function fourier({ re, im }: Signal): Signal {
  const n = re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  const turn = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k += 1) {
    turn.re[k] = Math.cos((2 * Math.PI * k) / n);
    turn.im[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  transform({ re, im }, out, { n, stride: 1, from: 0, to: 0 }, turn);
  return out;
}

/** The inverse: x[t] = sum X[k] e^(2 pi i k t / n) / n. */
export function inverseFourier({ re, im }: Signal): Signal {
  // The inverse is the transform with real and imaginary parts swapped on the way in and out.
  const swapped = fourier({ re: im, im: re });
  const n = re.length;
  return { re: swapped.im.map((value) => value / n), im: swapped.re.map((value) => value / n) };
}

interface Part {
  readonly n: number;
  readonly stride: number;
  readonly from: number;
  readonly to: number;
}

function transform(input: Signal, out: Signal, { n, stride, from, to }: Part, turn: Signal): void {
  if (n === 1) {
    out.re[to] = input.re[from] ?? 0;
    out.im[to] = input.im[from] ?? 0;
    return;
  }
  const p = smallestFactor(n);
  const m = n / p;
  for (let r = 0; r < p; r += 1) {
    transform(input, out, { n: m, stride: stride * p, from: from + r * stride, to: to + r * m }, turn);
  }
  combine(out, { p, m, stride, to }, turn);
}

/** The butterflies of one stage: p parts' k-th values become the values k, k + m, ... of the whole. */
function combine(
  { re, im }: Signal,
  { p, m, stride, to }: { p: number; m: number; stride: number; to: number },
  turn: Signal,
): void {
  const parts: Signal = { re: new Float64Array(p), im: new Float64Array(p) };
  const sum = new Float64Array(2);
  for (let k = 0; k < m; k += 1) {
    for (let r = 0; r < p; r += 1) {
      parts.re[r] = at(re, to + r * m + k);
      parts.im[r] = at(im, to + r * m + k);
    }
    for (let q = 0; q < p; q += 1) {
      turnedSum(parts, turn, ((k + q * m) * stride) % turn.re.length, sum);
      re[to + q * m + k] = at(sum, 0);
      im[to + q * m + k] = at(sum, 1);
    }
  }
}

/** sum over r of parts[r] turned r times by `advance`, into `sum`. */
function turnedSum(parts: Signal, turn: Signal, advance: number, sum: Float64Array): void {
  const whole = turn.re.length;
  let sumRe = at(parts.re, 0);
  let sumIm = at(parts.im, 0);
  let w = 0;
  for (let r = 1; r < parts.re.length; r += 1) {
    w = (w + advance) % whole;
    sumRe += at(parts.re, r) * at(turn.re, w) - at(parts.im, r) * at(turn.im, w);
    sumIm += at(parts.re, r) * at(turn.im, w) + at(parts.im, r) * at(turn.re, w);
  }
  sum[0] = sumRe;
  sum[1] = sumIm;
}

const at = (values: Float64Array, i: number): number => values[i] ?? 0;

function smallestFactor(n: number): number {
  for (let p = 2; p * p <= n; p += 1) if (n % p === 0) return p;
  return n;
}
