import type { Meter } from '../meter.ts';
import type { DurationMs, EpochMs, Probability, VmId } from '../units.ts';

/** When a forecast looks: the maximum over [at + lead, at + lead + hold). */
export interface Horizon {
  readonly lead: DurationMs;
  readonly hold: DurationMs;
}

/** What a primary wanted in one interval: exactly known when `low` equals `high`, a range when its use was capped. */
export interface DemandInterval {
  readonly low: number;
  /** At least `low`. */
  readonly high: number;
}

/** The forecast of one meter: `values[i]` is the quantile at `levels[i]` of the maximum demand, in the meter's unit. */
export interface MeterForecast {
  readonly values: readonly number[];
  /** The demand seen last. */
  readonly demand: DemandInterval;
  /** Samples that the model has seen. */
  readonly samples: number;
}

/** `PredictedResources`: what one primary will want at most in the hold window after the lead time, and how sure. */
export interface Forecast extends Horizon {
  readonly vm: VmId;
  /** End of the last sample that the forecast knows. */
  readonly at: EpochMs;
  /** Rising quantile levels, for instance .5 .8 .9 .95 .99 .995. */
  readonly levels: readonly Probability[];
  readonly meters: Readonly<Partial<Record<Meter, MeterForecast>>>;
}
