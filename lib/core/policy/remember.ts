import type { EpochMs } from '../units.ts';
import type { MeterDecision } from './decision.ts';
import { directionOf, type MeterContext } from './meter-context.ts';
import type { MeterMemory } from './policy.ts';

/**
 * The size that a decrease must still hold: what is needed now, what is wanted now, and the most that was needed in this
 * block of low time and the one before. A dip at the moment of deciding is not what the next minutes need.
 */
export function lowSize(context: MeterContext): number {
  const { lowPeak = 0, lowPeakBefore = 0 } = context.memory;
  return Math.max(wantedNow(context), lowPeak, lowPeakBefore);
}

/** Whether the size needed now is low enough for the policy's decrease trigger. */
export function isLow(context: MeterContext): boolean {
  const { from, policy } = context;
  return from !== undefined && wantedNow(context) <= from * (1 - policy.decrease.when.decrease);
}

/**
 * Takes the newest sample into the memory of low time. Low time is counted in sample time, in blocks as long as the
 * trigger's `for`: the trigger is met once a whole block is behind (`lowPeakBefore`). It starts again when the size needed
 * is not low, and after a gap in the samples longer than the policy's `stale`: silence proves nothing. The same sample a
 * second time changes nothing.
 */
export function rememberNeed(context: MeterContext, seenAt: EpochMs | undefined): MeterMemory {
  const { memory, lastAt, policy } = context;
  if (lastAt === seenAt) return memory;
  const changes = changesOf(memory);
  if (!isLow(context) || context.state === 'suspended') return changes;
  const low = lowBlock(context, seenAt);
  if (lastAt - low.lowSince < policy.decrease.when.for) return { ...changes, ...low };
  return { ...changes, lowSince: lastAt, lowPeak: wantedNow(context), lowPeakBefore: low.lowPeak };
}

/**
 * Takes a decision into the memory: a resize starts its cooldown and the low time begins anew, because what is in force
 * changes. A cooldown that is over is forgotten.
 */
export function rememberChange({ memory, policy, now }: MeterContext, decision: MeterDecision): MeterMemory {
  const direction = decision.kind === 'resize' ? directionOf(decision) : undefined;
  const { raisedAt, loweredAt, ...low } = memory;
  const raised = direction === 'up' ? now : raisedAt;
  const lowered = direction === 'down' ? now : loweredAt;
  const afterRaise = Math.max(policy.increase.cooldown, policy.decrease.cooldown);
  return {
    ...(raised !== undefined && now - raised < afterRaise ? { raisedAt: raised } : {}),
    ...(lowered !== undefined && now - lowered < policy.decrease.cooldown ? { loweredAt: lowered } : {}),
    ...(direction === undefined ? low : {}),
  };
}

/** The block of low time that the newest sample belongs to: the one remembered, or a new one after a gap. */
function lowBlock(
  context: MeterContext,
  seenAt: EpochMs | undefined,
): MeterMemory & { readonly lowSince: EpochMs; readonly lowPeak: number } {
  const { lastAt, stale } = context;
  const { lowSince, lowPeak = 0, lowPeakBefore } = context.memory;
  const unbroken = seenAt !== undefined && lastAt > seenAt && lastAt - seenAt <= stale;
  if (lowSince === undefined || !unbroken) return { lowSince: lastAt, lowPeak: wantedNow(context) };
  const before = lowPeakBefore === undefined ? {} : { lowPeakBefore };
  return { lowSince, lowPeak: Math.max(wantedNow(context), lowPeak), ...before };
}

function wantedNow({ need, demand }: MeterContext): number {
  return Math.max(need.size, demand.high);
}

function changesOf({ raisedAt, loweredAt }: MeterMemory): MeterMemory {
  return {
    ...(raisedAt === undefined ? {} : { raisedAt }),
    ...(loweredAt === undefined ? {} : { loweredAt }),
  };
}
