import { METERS } from '../../../lib/core/meter.ts';
import type { UseSeries } from '../../../lib/core/shadow/replay-series.ts';

/** A detector beside which ours is measured: whether each sample is anomalous, knowing the samples up to it. */
export type Detector = (series: UseSeries) => boolean[];

/** Samples at the beginning in which no detector may speak: the same for all. */
export const SILENT = 20;
const WINDOW = 60;
/** A scale of zero is a constant meter: a hundredth of its level stands in. */
const LEAST_SCALE = 0.01;
/** The share of the normal distribution's deviation in its median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;

/** Distance of any meter from the median of its last 60 samples, in median absolute deviations, above `threshold`. */
export const robustZ =
  (threshold: number): Detector =>
  (series) =>
    flagAny(series, (values) => {
      const flags: boolean[] = [];
      const window: number[] = [];
      for (const value of values) {
        const middle = medianOf(window);
        const mad = MAD_TO_SIGMA * medianOf(window.map((one) => Math.abs(one - middle)));
        flags.push(Math.abs(value - middle) > threshold * Math.max(mad, LEAST_SCALE * Math.abs(middle)));
        window.push(value);
        if (window.length > WINDOW) window.shift();
      }
      return flags;
    });

/** Distance of any meter from its exponential mean, in exponential standard deviations, above `threshold` (3 is usual). */
export const ewmaSigma =
  (threshold: number, rate = 0.05): Detector =>
  (series) =>
    flagAny(series, (values) => {
      let mean = values[0] ?? 0;
      let variance = 0;
      return values.map((value) => {
        const off = value - mean;
        const isFar = Math.abs(off) > threshold * Math.max(Math.sqrt(variance), LEAST_SCALE * Math.abs(mean));
        mean += rate * off;
        variance = (1 - rate) * (variance + rate * off * off);
        return isFar;
      });
    });

/** The same detector with its flag held back until `least` samples in a row were flagged: single spikes do not count. */
export const sustained =
  (detect: Detector, least: number): Detector =>
  (series) => {
    let run = 0;
    return detect(series).map((isFlagged) => {
      run = isFlagged ? run + 1 : 0;
      return run >= least;
    });
  };

function flagAny({ times, meters }: UseSeries, flagsOf: (known: readonly number[]) => boolean[]): boolean[] {
  const anomalous = Array.from(times, () => false);
  for (const meter of METERS) {
    const column = meters[meter];
    if (column === undefined) continue;
    const at = [...column.keys()].filter((i) => !Number.isNaN(column[i]));
    const flags = flagsOf(at.map((i) => column[i] ?? 0));
    for (const [k, i] of at.entries()) if (i >= SILENT && flags[k] === true) anomalous[i] = true;
  }
  return anomalous;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
