import type { Traits } from './traits.ts';

/**
 * A lasting fall of the level. What was learnt at the old level (maxima, errors, quantiles) would keep forecasts too high for
 * hundreds of samples; a rise needs no help, each maximum rises at once. Told by a run of samples below the running median; the
 * same VM at another scale is what most falls are, so what has a unit is scaled by the ratio of the new mean to the old
 * median, and the shape that was learnt stays. The peak follows by less: the prior is to know what the meter can reach. Bursty meters are left alone: what is idle now is busy again soon.
 * Layout: samples in a row below the median.
 */
export const SHIFT_FLOATS = 1;
/** By chance a run is this long once in 17 million samples. */
const RUN = 24;
/** Before that there is no level to fall from. */
const LEAST_SAMPLES = 120;
/** A fall by less is drift, which everything follows by itself. */
const MOST_RATIO = 0.7;
/** A fall to less is a stop, not another scale. */
const LEAST_RATIO = 0.001;
/** A meter is bursty when its running .95 quantile is further above the median. */
const BURSTY = 3;

/** The newest sample, which the traits have seen. */
interface Newest {
  /** Its number; 0 is the first. */
  readonly n: number;
  readonly value: number;
  /** A limit held it down: that is no fall. */
  readonly capped: boolean;
}

/** The ratio of the new level to the old one where a sample ends such a run, else 1. */
export function fallOf(state: Float32Array, at: number, { n, value, capped }: Newest, traits: Traits): number {
  const { median } = traits;
  if (value >= median || capped) {
    state[at] = 0;
    return 1;
  }
  const run = (state[at] ?? 0) + 1;
  state[at] = run % RUN;
  if (run < RUN || n < LEAST_SAMPLES || traits.high > BURSTY * median) return 1;
  const ratio = traits.recentMean / median;
  return ratio < MOST_RATIO && ratio > LEAST_RATIO ? ratio : 1;
}
