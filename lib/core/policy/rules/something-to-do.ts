import { riseWords } from '../increase-cause.ts';
import { directionOf, type PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { sizeWords } from '../quantity-words.ts';

/** Holds what already has the size it needs. A rise that fits is said, so that nobody looks for the missing raise. */
export const somethingToDo: PolicyRule = (decision, context) => {
  const { meter, from = 0, need } = context;
  if (directionOf(decision) !== undefined) return decision;
  const rise = riseWords(context);
  const because = rise === undefined ? `needs ${sizeWords(meter, need.size)}` : `${rise} and fits`;
  return hold(decision, 'sizing', `${because}, ${sizeWords(meter, from)} in force`);
};
