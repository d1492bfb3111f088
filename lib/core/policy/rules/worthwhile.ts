import { leastChange } from '../least-change.ts';
import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { sizeWords } from '../quantity-words.ts';

/** Holds a change too small to be worth the disturbance, whatever the other rules left of it. */
export const worthwhile: PolicyRule = (decision, { meter, range }) => {
  const { from = 0, to = from } = decision;
  const least = leastChange(from, range);
  // The last digits of a size are not a reason: 1.5 - 1.4 is less than 0.1 in binary.
  if (Math.abs(to - from) >= least * (1 - 1e-9)) return decision;
  return hold(decision, 'deadband', `less than the least change of ${sizeWords(meter, least)}`);
};
