import { directionOf, sideOf, type PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';

/** Holds what is known too little: a few samples are enough to give more, many are wanted to take something away. */
export const warmedUp: PolicyRule = (decision, { policy, samples }) => {
  const direction = directionOf(decision);
  if (direction === undefined) return decision;
  const wanted = sideOf(policy, direction).when.samples;
  if (samples >= wanted) return decision;
  return hold(decision, 'warming-up', `${samples} of ${wanted} samples seen`);
};
