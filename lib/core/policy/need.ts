import type { Forecast, MeterForecast } from '../forecast/forecast.ts';
import type { Meter } from '../meter.ts';
import { quantileAt } from '../sizing/size.ts';
import type { Probability } from '../units.ts';
import type { MeterPolicy } from './policy.ts';

/**
 * No risk that VMs share is spent on memory: being short of it kills, it does not slow down. Its size is never below this
 * quantile of the peak, whatever sizing asks for.
 */
const LEAST_OF_MEMORY: Probability = 0.99;

/** What one meter needs, before any rule has spoken. In the meter's unit. */
export interface Need {
  /** The forecast peak at the policy's confidence. */
  readonly peak: number;
  /** The largest of what sizing asks for, the peak at the policy's confidence and, for memory, the peak at .99. */
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
  known: MeterForecast,
  {
    meter,
    target,
    from,
    policy,
  }: {
    readonly meter: Meter;
    readonly target: number;
    readonly from: number | undefined;
    readonly policy: MeterPolicy;
  },
): Need {
  const peak = quantileAt(known, forecast.levels, policy.increase.when.confidence);
  const least = meter === 'memory' ? quantileAt(known, forecast.levels, LEAST_OF_MEMORY) : 0;
  const { low, high } = known.demand;
  return { peak, size: Math.max(target, peak, least), capped: from !== undefined && high > low && high > from };
}
