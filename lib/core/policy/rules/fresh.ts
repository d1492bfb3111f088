import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { durationWords } from '../quantity-words.ts';

/**
 * Holds a primary that has not been heard of for longer than the policy's `stale`: silence is not demand. A sample from
 * as far in the future says that a clock is wrong, and then how old anything is cannot be known.
 */
export const fresh: PolicyRule = (decision, { now, lastAt, stale }) => {
  const age = now - lastAt;
  if (Math.abs(age) <= stale) return decision;
  const because =
    age > 0
      ? `the newest sample is ${durationWords(age)} old, at most ${durationWords(stale)} is allowed`
      : `the newest sample is ${durationWords(-age)} in the future: the clock of the host or of this program is wrong`;
  return hold(decision, 'stale', because);
};
