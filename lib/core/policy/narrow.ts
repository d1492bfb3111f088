import type { Range } from '../meter.ts';
import type { MeterDecision, Rule } from './decision.ts';
import { directionOf } from './meter-context.ts';
import { sizeWords } from './quantity-words.ts';
import { gridAbove, gridBelow } from './size-grid.ts';

/** Ends a decision as a hold: what is in force stays. Keeps in words what would have been done, and why. */
export function hold(decision: MeterDecision, rule: Rule, because: string): MeterDecision {
  const { meter, from, to } = decision;
  const wish =
    directionOf(decision) === undefined || from === undefined || to === undefined
      ? ''
      : ` (${sizeWords(meter, from)} -> ${sizeWords(meter, to)}: ${decision.because})`;
  return { ...decision, kind: 'hold', to: from, rule, because: `${because}${wish}` };
}

/** A size that a change must not pass, and who says so. */
export interface Limit {
  readonly size: number;
  readonly rule: Rule;
  /** In words: `the policy allows at most 8 vCPU`. */
  readonly because: string;
}

/**
 * Keeps a change from passing a limit: what is left is the last size before it that the actuator can set, or a hold when
 * that is no change any more.
 */
export function stopAt(decision: MeterDecision, limit: Limit, range: Range | undefined): MeterDecision {
  const { from, to, meter } = decision;
  const direction = directionOf(decision);
  if (direction === undefined || from === undefined || to === undefined) return decision;
  if (direction === 'up' ? to <= limit.size : to >= limit.size) return decision;
  const last = direction === 'up' ? gridBelow(limit.size, range) : gridAbove(limit.size, range);
  if (direction === 'up' ? last <= from : last >= from) return hold(decision, limit.rule, limit.because);
  const because = `${decision.because}; ${limit.because}, not ${sizeWords(meter, to)}`;
  return { ...decision, to: last, rule: limit.rule, because };
}
