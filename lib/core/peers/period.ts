/** Width of the range of lags around a period in which its autocorrelation must rise and fall, in points on each side. */
const POINTS = 12;

/**
 * Whether a signal repeats every `period` samples, as crane tests it: its power at that frequency is above what the strongest
 * of 99 out of 100 random permutations shows, and its autocorrelation rises up to the period and falls after it (a line
 * fitted on each side of `reach` samples). Needs two whole periods.
 *
 * A permutation's power |X|^2 / (n var) is exponential with mean 1, so the 99th percentile of the highest of n / 2 is
 * ln(n / 2) - ln(-ln 0.99), without a hundred shuffles.
 * Source: gocrane/crane, pkg/prediction/dsp/{signal,peak,auto_correlation}.go.
 */
export function isPeriodic(samples: Float64Array, period: number, reach: number): boolean {
  const cycles = Math.floor(samples.length / period);
  if (cycles < 2) return false;
  const x = centred(samples.subarray(samples.length - cycles * period));
  const n = x.length;
  const variance = x.reduce((sum, value) => sum + value * value, 0) / n;
  if (variance === 0) return false;
  const threshold = Math.log(n / 2) - Math.log(-Math.log(0.99));
  return power(x, cycles) / (n * variance) > threshold && isHill(x, period, Math.min(reach, Math.floor(period / 2)));
}

function centred(samples: Float64Array): Float64Array {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  return samples.map((value) => value - mean);
}

/** |X[k]|^2 at one frequency. */
function power(x: Float64Array, k: number): number {
  let re = 0;
  let im = 0;
  for (let t = 0; t < x.length; t += 1) {
    const angle = (2 * Math.PI * k * t) / x.length;
    re += (x[t] ?? 0) * Math.cos(angle);
    im += (x[t] ?? 0) * Math.sin(angle);
  }
  return re * re + im * im;
}

function isHill(x: Float64Array, period: number, reach: number): boolean {
  const gap = Math.max(1, Math.floor(reach / POINTS));
  const lags = Array.from({ length: 2 * POINTS + 1 }, (_, i) => period + (i - POINTS) * gap);
  const correlation = lags.map((lag) => autocorrelation(x, lag));
  return slope(correlation.slice(0, POINTS + 1)) > 0 && slope(correlation.slice(POINTS)) < 0;
}

/** Circular, and not normalised. */
function autocorrelation(x: Float64Array, lag: number): number {
  let sum = 0;
  const turn = x.length - lag;
  for (let t = 0; t < turn; t += 1) sum += (x[t] ?? 0) * (x[t + lag] ?? 0);
  for (let t = turn; t < x.length; t += 1) sum += (x[t] ?? 0) * (x[t - turn] ?? 0);
  return sum;
}

/** Slope of the least-squares line through evenly spaced values, up to a positive factor. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  return values.reduce((sum, value, i) => sum + (i - middle) * value, 0);
}
