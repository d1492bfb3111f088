import type { MeterContext } from './meter-context.ts';
import { durationWords, levelWords, shareWords, sizeWords } from './quantity-words.ts';

/** Why a meter may be raised, for people; undefined when no trigger of the policy is met. */
export function increaseCause(context: MeterContext): string | undefined {
  const { meter, from, need, demand, policy } = context;
  if (from === undefined) return undefined;
  const floor = policy.bounds.min ?? 0;
  if (from < floor) return `the policy wants at least ${sizeWords(meter, floor)}`;
  if (need.capped)
    return `use was held back at ${sizeWords(meter, from)}, up to ${sizeWords(meter, demand.high)} wanted`;
  if (!isInTime(context)) return undefined;
  if (need.peak > from) return `${peakWords(context)} does not fit ${sizeWords(meter, from)}`;
  return riseWords(context);
}

/** The forecast rise that meets the policy's trigger, for people; undefined when it is smaller or too far away. */
export function riseWords(context: MeterContext): string | undefined {
  const { meter, need, policy, demand } = context;
  const least = policy.increase.when.increase;
  if (!isInTime(context) || need.peak <= 0 || need.peak < demand.high * (1 + least)) return undefined;
  const rise = demand.high > 0 ? shareWords(need.peak / demand.high - 1) : 'all of it';
  return `${peakWords(context)} is ${rise} above the demand now (${sizeWords(meter, demand.high)})`;
}

/** The forecast peak that triggers are compared with, for people. */
export function peakWords({ meter, need, policy, horizon }: MeterContext): string {
  const level = levelWords(policy.increase.when.confidence);
  return `forecast ${level} of ${sizeWords(meter, need.peak)} in ${durationWords(horizon.lead)}`;
}

function isInTime({ policy, horizon }: MeterContext): boolean {
  return horizon.lead <= (policy.increase.when.within ?? horizon.lead);
}
