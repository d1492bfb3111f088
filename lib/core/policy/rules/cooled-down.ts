import { directionOf, type PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { durationWords } from '../quantity-words.ts';

/**
 * Holds a meter that was changed a short while ago: a change disturbs the very use that the next forecast learns from,
 * and until it is in force the old size is still seen. A raise waits for the last raise only, so that a decrease taken
 * too far is undone at once; a decrease waits for the last change of either direction.
 *
 *   since the change   cooldown 10 s   outcome
 *   9,999 ms           <               hold
 *   10,000 ms          =               unchanged
 *
 * While a plan is under way for the primary nothing else is: its effect is part of the next decision.
 */
export const cooledDown: PolicyRule = (decision, { policy, memory, now, busy }) => {
  if (busy) return hold(decision, 'cooldown', 'a plan is under way for it');
  const up = directionOf(decision) === 'up';
  const { cooldown } = up ? policy.increase : policy.decrease;
  const raisedAt = memory.raisedAt ?? -Infinity;
  const changedAt = up ? raisedAt : Math.max(raisedAt, memory.loweredAt ?? -Infinity);
  const since = now - changedAt;
  if (since >= cooldown) return decision;
  const because = `changed ${durationWords(Math.max(0, since))} ago, at least ${durationWords(cooldown)} lie between`;
  return hold(decision, 'cooldown', because);
};
