import { HOUR_MS, MINUTE_MS, type DurationMs } from '../units.ts';
import { DecayingHistogram } from './histogram.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';
import { percentileKnob, percentileSweep } from './percentile-knob.ts';
import { SampleWindow } from './sample-window.ts';
import { slidingMaximum } from './sliding-maximum.ts';

const HALF_LIFE: DurationMs = 12 * HOUR_MS;
const HALF_LIFE_MEMORY: DurationMs = 48 * HOUR_MS;
const PERIOD: DurationMs = 5 * MINUTE_MS;
/** What was recommended stays for an hour at least. */
const STAYS: DurationMs = HOUR_MS;

/** The margin is 10 to 15 %. */
const KNOB = percentileKnob([
  { level: 0.5, margin: -0.5 },
  { level: 0.5, margin: -0.2 },
  ...percentileSweep([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1], 0.125),
]);

/**
 * Google Autopilot's moving window (Rzadca et al., EuroSys 2020): a percentile of samples whose weights halve every 12 h (48 h
 * for memory), plus 12.5 %, the highest of the last hour. Either of the peaks of five minutes, or of all samples
 * weighted by their load (the paper's load-adjusted histogram, in which a bucket weighs its value times its count).
 */
export const autopilotWindow: PeerRule = {
  id: 'autopilot-window',
  title: 'Autopilot window, peaks of 5 min',
  knob: 'percentile',
  settings: KNOB.words,
  decide: (series, out) => {
    const window = new SampleWindow(PERIOD, series.step);
    decideAll(series, out, (histogram, value, at) => {
      const closes = window.add(value, at);
      // Until the first period is over, what was seen of it is all there is.
      if (closes) histogram.add(window.peak, at);
      return closes ? undefined : window.most;
    });
  },
};

/** The same over all samples, each weighted by its load. */
export const autopilotLoad: PeerRule = {
  id: 'autopilot-load',
  title: 'Autopilot window, load-adjusted',
  knob: 'percentile',
  settings: KNOB.words,
  decide: (series, out) => {
    decideAll(series, out, (histogram, value, at) => {
      if (value > 0) histogram.add(value, at, value / series.resolution);
      return value > 0 ? undefined : 0;
    });
  },
};

/** Takes a sample; undefined when the histogram changed, else what stands in for an empty one. */
type Count = (histogram: DecayingHistogram, value: number, at: number) => number | undefined;

function decideAll(series: PeerSeries, out: Float64Array, count: Count): void {
  const { times, values, step, meter } = series;
  const n = times.length;
  const histogram = new DecayingHistogram(series.resolution, meter === 'memory' ? HALF_LIFE_MEMORY : HALF_LIFE);
  const quantiles = new Float64Array(KNOB.levels.length);
  for (let i = 0; i < n; i += 1) {
    const standIn = count(histogram, values[i] ?? 0, times[i] ?? 0);
    if (standIn === undefined) histogram.quantiles(KNOB.levels, quantiles);
    else if (histogram.isEmpty) quantiles.fill(standIn);
    KNOB.spread(quantiles, out, { i, n });
  }
  const window = Math.max(1, Math.floor(STAYS / step));
  for (let k = 0; k < KNOB.words.length; k += 1) slidingMaximum(out, { from: k * n, n, window });
}
