import type { Horizon } from '../forecast/forecast.ts';
import type { Meter } from '../meter.ts';
import type { DurationMs, EpochMs } from '../units.ts';

/** One meter of one VM as a rule sees it: known samples only, times rising. */
export interface PeerSeries {
  readonly meter: Meter;
  readonly times: Float64Array;
  /** In the meter's unit, each a finite number from 0 up. */
  readonly values: Float64Array;
  /** Median time between two samples. */
  readonly step: DurationMs;
  readonly horizon: Horizon;
  /** End of the training part: samples before it may train what is fixed once. */
  readonly trainedAt: EpochMs;
  /** Width of the first bucket of a histogram, in the meter's unit. */
  readonly resolution: number;
}

/** How somebody else sizes a VM, with its one risk knob at all its settings, from the least to the most cautious. */
export interface PeerRule {
  readonly id: string;
  readonly title: string;
  /** What is swept, in one word or two. */
  readonly knob: string;
  readonly settings: readonly string[];
  /**
   * Writes the size decided after sample i at setting k to `out[k * n + i]`, n samples, for every i and k. A size depends on the
   * samples up to and with i, and on nothing after it.
   */
  readonly decide: (series: PeerSeries, out: Float64Array) => void;
}
