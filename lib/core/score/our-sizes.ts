import type { Forecast, Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter, type PerMeter } from '../meter.ts';
import { replaySeries, type UseSeries } from '../shadow/replay-series.ts';
import { RiskTracker } from '../sizing/risk-tracker.ts';
import { recommend } from '../sizing/size.ts';
import type { Probability } from '../units.ts';

/** What the shadow would have decided after each row of a trace, all risks in one replay. */
export interface OurSizes {
  /** By meter: the size decided after row i at the k-th risk is `[k * rows + i]`; NaN for none. */
  readonly sizes: ReadonlyMap<Meter, Float64Array>;
  readonly levels: readonly Probability[];
  /** By meter: the forecast made after row i at the l-th level is `[l * rows + i]`; NaN for none. */
  readonly quantiles: ReadonlyMap<Meter, Float64Array>;
}

/**
 * Replays a trace through a shadow once. `inForce[i]` is the row whose decision is in force at row i: the risks are
 * followed up against those sizes, as live.
 */
export function ourSizes(
  series: UseSeries,
  horizon: Horizon,
  { risks, inForce }: { readonly risks: readonly Probability[]; readonly inForce: Int32Array },
): OurSizes {
  const rows = series.times.length;
  const sizes = new Map<Meter, Float64Array>();
  const quantiles = new Map<Meter, Float64Array>();
  const trackers = risks.map((risk) => new RiskTracker(risk));
  const asked: (readonly PerMeter[])[] = [];
  let levels: readonly Probability[] = [];
  let row = 0;
  replaySeries(series, horizon, {
    before: (use) => {
      const targets = asked[inForce[row] ?? -1];
      for (const [k, target] of (targets ?? []).entries()) trackers[k]?.see(use, target);
    },
    after: (shadow) => {
      const forecast = shadow.forecast();
      const { hold } = shadow.steps;
      const targets: PerMeter[] =
        forecast === undefined
          ? []
          : trackers.map((tracker) => recommend(forecast, tracker.goal(hold, forecast)).target);
      asked.push(targets);
      if (forecast !== undefined) {
        levels = forecast.levels;
        keepSizes(sizes, targets, { rows, row });
        keepQuantiles(quantiles, forecast, { rows, row });
      }
      row += 1;
    },
  });
  return { sizes, levels, quantiles };
}

interface Place {
  readonly rows: number;
  readonly row: number;
}

function keepSizes(kept: Map<Meter, Float64Array>, targets: readonly PerMeter[], { rows, row }: Place): void {
  for (const meter of METERS) {
    if (targets[0]?.[meter] === undefined) continue;
    const own = columnOf(kept, meter, rows * targets.length);
    for (const [k, target] of targets.entries()) own[k * rows + row] = target[meter] ?? Number.NaN;
  }
}

function keepQuantiles(kept: Map<Meter, Float64Array>, { meters, levels }: Forecast, { rows, row }: Place): void {
  for (const meter of METERS) {
    const values = meters[meter]?.values;
    if (values === undefined) continue;
    const own = columnOf(kept, meter, rows * levels.length);
    for (let l = 0; l < levels.length; l += 1) own[l * rows + row] = values[l] ?? Number.NaN;
  }
}

function columnOf(kept: Map<Meter, Float64Array>, meter: Meter, length: number): Float64Array {
  let own = kept.get(meter);
  if (own === undefined) kept.set(meter, (own = new Float64Array(length).fill(Number.NaN)));
  return own;
}
