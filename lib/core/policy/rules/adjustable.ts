import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';

/** Holds what the actuator cannot set. */
export const adjustable: PolicyRule = (decision, { meter, primary, range }) => {
  if (range !== undefined && primary.actuator !== 'none') return decision;
  const because =
    primary.actuator === 'none' ? 'its host can only watch it' : `actuator ${primary.actuator} cannot set ${meter}`;
  return hold(decision, 'not-adjustable', because);
};
