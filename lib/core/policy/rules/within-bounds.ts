import { directionOf, type PolicyRule } from '../meter-context.ts';
import { stopAt } from '../narrow.ts';
import { sizeWords } from '../quantity-words.ts';

/** Keeps a change within the policy's bounds. What is in force outside of them is not pushed further out. */
export const withinBounds: PolicyRule = (decision, { meter, policy: { bounds }, range }) => {
  const up = directionOf(decision) === 'up';
  const size = up ? bounds.max : bounds.min;
  if (size === undefined) return decision;
  const because = `the policy allows at ${up ? 'most' : 'least'} ${sizeWords(meter, size)}`;
  return stopAt(decision, { size, rule: 'bounds', because }, range);
};
