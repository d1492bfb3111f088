import type { Forecast, MeterForecast } from '../forecast/forecast.ts';
import { quantileAt } from '../sizing/size.ts';
import type { MeterPolicy } from './policy.ts';

/** What one meter needs, before any rule has spoken. In the meter's unit. */
export interface Need {
  /** The forecast peak at the policy's confidence. */
  readonly peak: number;
  /** The size that sizing and the policy's confidence ask for: the larger of the two. */
  readonly size: number;
  /** Use was held back, and what is believed to be wanted now does not fit what is in force. */
  readonly capped: boolean;
}

/**
 * Joins what sizing asks for with what the policy asks for. The size is never below the peak at the policy's confidence:
 * a size below it would make the increase trigger fire again at once.
 */
export function needOf(
  forecast: Forecast,
  meter: MeterForecast,
  {
    target,
    from,
    policy,
  }: { readonly target: number; readonly from: number | undefined; readonly policy: MeterPolicy },
): Need {
  const peak = quantileAt(meter, forecast.levels, policy.increase.when.confidence);
  const { low, high } = meter.demand;
  return { peak, size: Math.max(target, peak), capped: from !== undefined && high > low && high > from };
}
