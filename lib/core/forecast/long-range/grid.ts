import type { DurationMs, EpochMs } from '../../units.ts';

/** Samples of one meter: the mean use of the interval that ends at each time; NaN is unknown. */
export interface MeterSeries {
  /** Rising. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Index of the first time after `at`: how many samples may be known at that time. */
export function countUntil(times: Float64Array, at: EpochMs): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The usual distance of the first `count` times: their median, which holes and lost seconds do not move; 0 below two. */
export function samplingOf(times: Float64Array, count = times.length): DurationMs {
  if (count < 2) return 0;
  const gaps = Float64Array.from({ length: count - 1 }, (_, i) => (times[i + 1] ?? 0) - (times[i] ?? 0)).sort();
  return gaps[(count - 1) >> 1] ?? 0;
}

/**
 * Mean use of each step before `at`, oldest first, the last step ending at `at`; NaN where nothing is known. A sample belongs
 * to the step that holds the middle of its interval. The steps are shifted by less than one, to end with the last sample, so
 * that samples as far apart as the steps do not fall on their edges. Nothing after `at` is looked at.
 */
export function gridBefore(
  { times, values }: MeterSeries,
  at: EpochMs,
  { step, longest }: { readonly step: DurationMs; readonly longest: DurationMs },
): Float64Array {
  const count = countUntil(times, at);
  const last = times[count - 1];
  if (last === undefined) return new Float64Array(0);
  const end = at - ((at - last) % step);
  const half = Math.min(samplingOf(times, count), step) / 2;
  const first = countUntil(times, at - longest);
  const size = first < count ? Math.floor((end - (times[first] ?? 0) + half) / step) + 1 : 0;
  const sums = new Float64Array(size);
  const known = new Float64Array(size);
  for (let i = first; i < count; i += 1) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const bin = size - 1 - Math.floor((end - (times[i] ?? 0) + half) / step);
    sums[bin] = (sums[bin] ?? 0) + value;
    known[bin] = (known[bin] ?? 0) + 1;
  }
  return sums.map((sum, bin) => sum / (known[bin] ?? 0));
}
