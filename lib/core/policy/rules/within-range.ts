import { directionOf, type PolicyRule } from '../meter-context.ts';
import { stopAt } from '../narrow.ts';
import { sizeWords } from '../quantity-words.ts';

/** Keeps a change within what the actuator can set. */
export const withinRange: PolicyRule = (decision, { meter, range }) => {
  if (range === undefined) return decision;
  const up = directionOf(decision) === 'up';
  const size = up ? range.max : range.min;
  const because = `the actuator can set at ${up ? 'most' : 'least'} ${sizeWords(meter, size)}`;
  return stopAt(decision, { size, rule: 'bounds', because }, range);
};
