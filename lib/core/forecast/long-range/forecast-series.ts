import { DAY_MS, type DurationMs, type EpochMs, type Probability } from '../../units.ts';
import { gridBefore, type MeterSeries } from './grid.ts';
import { forecastLongRange } from './long-range.ts';

/** The experts look back four weeks at most. */
const LONGEST_PAST: DurationMs = 29 * DAY_MS;

/** A forecast of `horizon` steps of `step` each, at rising quantile levels. */
export interface SeriesForecastOptions {
  readonly horizon: number;
  readonly step: DurationMs;
  readonly levels: readonly Probability[];
}

/**
 * Forecasts one meter from its samples up to `at`: quantiles of the mean demand in (at + (k - 1) step, at + k step] for
 * k = 1 ... horizon, as `[(k - 1) * levels + level]` in the meter's unit. Undefined when nothing is known at `at`.
 */
export function forecastSeries(
  series: MeterSeries,
  at: EpochMs,
  { horizon, step, levels }: SeriesForecastOptions,
): Float64Array | undefined {
  const past = gridBefore(series, at, { step, longest: LONGEST_PAST });
  return forecastLongRange(past, { horizon, day: Math.max(2, Math.round(DAY_MS / step)), levels });
}
