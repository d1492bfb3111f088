import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';

/** Holds where the size in force is not known: neither the direction of a change nor its undoing would be. */
export const knownAllocation: PolicyRule = (decision, { from }) =>
  from === undefined ? hold(decision, 'unknown-allocation', 'the size in force is not known') : decision;
