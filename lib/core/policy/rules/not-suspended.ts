import type { PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';

/** Holds a primary that is paused or stopped: it has no demand, and that is not its demand when it runs again. */
export const notSuspended: PolicyRule = (decision, { state }) =>
  state === 'suspended' ? hold(decision, 'suspended', 'it is suspended') : decision;
