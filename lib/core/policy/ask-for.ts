import type { MeterDecision } from './decision.ts';
import { increaseCause } from './increase-cause.ts';
import { leastChange } from './least-change.ts';
import type { MeterContext } from './meter-context.ts';
import { sizeWords } from './quantity-words.ts';
import { lowSize } from './remember.ts';
import { gridAbove } from './size-grid.ts';

/**
 * The decision that the rules start from: everything that sizing and the policy could want, before any rule has spoken.
 *
 *   the size needed, or the policy's lower bound, is above what is in force    up, to the next size the actuator can set
 *   use was held back, and what is wanted now does not fit what is in force   up, to the high end of what is wanted
 *   the largest size needed lately is below what is in force                  down, to the next size that holds it
 *   else                                                                      what is in force
 *
 * A raise is never smaller than the least change that is worth it: a need that is only just above what is in force
 * would otherwise be left unmet for being small.
 */
export function askFor(context: MeterContext): MeterDecision {
  const { meter, from, need, policy } = context;
  const to = sizeAsked(context);
  const lowers = from !== undefined && to < from;
  return {
    meter,
    kind: 'resize',
    from,
    to,
    mode: lowers ? policy.decrease.mode : policy.increase.mode,
    rule: 'sizing',
    because: lowers
      ? `not more than ${sizeWords(meter, lowSize(context))} was needed lately`
      : (increaseCause(context) ?? `the size needed is ${sizeWords(meter, need.size)}`),
  };
}

function sizeAsked(context: MeterContext): number {
  const { from, need, policy, range } = context;
  if (from === undefined) return gridAbove(need.size, range);
  const wanted = need.capped ? context.demand.high : 0;
  const up = Math.max(need.size, policy.bounds.min ?? 0, wanted);
  if (up > from) return gridAbove(Math.max(up, from + leastChange(from, range)), range);
  return Math.min(from, gridAbove(lowSize(context), range));
}
