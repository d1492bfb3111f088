import type { Forecast } from '../forecast/forecast.ts';
import type { Allocation, PerMeter } from '../meter.ts';
import type { VmId } from '../units.ts';

/** What sizing asks for, before any policy has spoken. */
export interface Recommendation {
  readonly vm: VmId;
  readonly forecast: Forecast;
  /** Size that holds the forecast at the wanted risk, per meter that is known, unrounded and unbounded. */
  readonly target: Allocation;
  /** That risk: the share of hold windows in which demand may pass the quantile behind the target. */
  readonly risk: PerMeter;
}
