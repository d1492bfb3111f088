import { fourier, inverseFourier, type Signal } from './fourier.ts';

/** Frequencies up to this one always stay, in hertz. */
const HIGH_FREQUENCY = 1 / 3600;
/** Spectrum items that the two low-pass estimators keep beyond them. */
const FEW_ITEMS = 3;
const MANY_ITEMS = 50;

interface CycleShape {
  /** Samples of a cycle. */
  readonly period: number;
  readonly sampleSeconds: number;
}

/**
 * The next cycle, by the estimator that did best on the last one: the highest value of the same phase, or the last cycle without
 * its noise (of the frequencies above one an hour only the 3 or the 50 strongest stay). `history` is at least two
 * whole cycles.
 */
export function nextCycle(history: Float64Array, shape: CycleShape): Float64Array {
  const held = history.length - shape.period;
  const before = history.subarray(0, held);
  const actual = history.subarray(held);
  const errors = [highest(before, shape), ...lowPasses(before, shape)].map((estimate) =>
    predictionError(actual, estimate),
  );
  const best = errors.indexOf(Math.min(...errors));
  if (best === 0) return highest(history, shape);
  return lowPasses(history, shape)[best - 1] ?? highest(history, shape);
}

function highest(history: Float64Array, { period }: CycleShape): Float64Array {
  const most = new Float64Array(period);
  for (let i = 0; i < history.length; i += 1) most[i % period] = Math.max(most[i % period] ?? 0, history[i] ?? 0);
  return most;
}

/** The last cycle with few and with many spectrum items. Both are real: one inverse transform gives one in each part. */
function lowPasses(history: Float64Array, { period, sampleSeconds }: CycleShape): Float64Array[] {
  const n = history.length;
  const spectrum = fourier({ re: history, im: new Float64Array(n) });
  const amplitude = spectrum.re.map((value, k) => Math.sqrt(value ** 2 + at(spectrum.im, k) ** 2));
  const strongest = amplitude.slice(1, Math.floor(n / 2)).sort();
  const least = (items: number): number => at(strongest, Math.max(0, strongest.length - items));
  const [few, many] = [least(FEW_ITEMS), least(MANY_ITEMS)];
  const both: Signal = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = 0; k < n; k += 1) {
    const isLow = Math.min(k, n - k) / (n * sampleSeconds) <= HIGH_FREQUENCY;
    const inFew = Number(isLow || at(amplitude, k) >= few);
    const inMany = Number(isLow || at(amplitude, k) >= many);
    both.re[k] = at(spectrum.re, k) * inFew - at(spectrum.im, k) * inMany;
    both.im[k] = at(spectrum.im, k) * inFew + at(spectrum.re, k) * inMany;
  }
  const { re, im } = inverseFourier(both);
  return [re, im].map((part) => part.subarray(n - period).map((value) => Math.max(0, value)));
}

const at = (values: Float64Array, i: number): number => values[i] ?? 0;

/** The mean relative error, where falling short by a share x costs -ln(1 - x) / ln 1.25: 3.1 for a half. */
function predictionError(actual: Float64Array, predicted: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < actual.length; i += 1) {
    const wanted = actual[i] ?? 0;
    if (wanted <= 0) continue;
    const error = ((predicted[i] ?? 0) - wanted) / wanted;
    sum += error >= 0 ? error : -Math.log(Math.max(1e-6, 1 + error)) / Math.log(1.25);
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
