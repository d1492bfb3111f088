import type { Demand } from '../demand/demand.ts';
import { METERS, type PerMeter } from '../meter.ts';
import { replaySeries, type UseSeries } from '../shadow/replay-series.ts';
import { SECOND_MS, type DurationMs } from '../units.ts';
import { AnomalyWatch, type AnomalyVerdict } from './anomaly-watch.ts';

/** The step is looked for among the first samples, none of which is judged. */
const FIRST_SAMPLES = 20;

/**
 * What an AnomalyWatch would have said of each sample of a recording, live, with a shadow that forecasts the next sample. A
 * verdict depends on the samples up to its own only.
 */
export function watchSeries(series: UseSeries, threshold?: number): AnomalyVerdict[] {
  const watch = new AnomalyWatch(threshold);
  const verdicts: AnomalyVerdict[] = [];
  const step = stepOf(series.times);
  replaySeries(
    series,
    { lead: step, hold: step },
    {
      before: (use) => verdicts.push(watch.observe(demandOf(use))),
      after: (shadow) => {
        const forecast = shadow.forecast();
        if (forecast !== undefined) watch.expect(forecast);
      },
    },
  );
  return verdicts;
}

/** Recorded use is all that is known to have been wanted. */
function demandOf(use: PerMeter): Demand {
  const known = METERS.flatMap((meter) => {
    const value = use[meter];
    return value === undefined ? [] : [[meter, { low: value, high: value }]];
  });
  return Object.fromEntries(known) as Demand;
}

/** The shortest time between two of the first samples, in ms; a second for a series of one. */
function stepOf(times: Float64Array): DurationMs {
  let step = Infinity;
  for (let i = 1; i < Math.min(times.length, FIRST_SAMPLES); i += 1) {
    step = Math.min(step, (times[i] ?? 0) - (times[i - 1] ?? 0));
  }
  return Number.isFinite(step) ? step : SECOND_MS;
}
