import { directionOf, sideOf, type PolicyRule } from '../meter-context.ts';
import { hold } from '../narrow.ts';
import { isInWindow } from '../time-window.ts';

/** Holds outside the hours in which this direction may act. */
export const inWindow: PolicyRule = (decision, { policy, now }) => {
  const direction = directionOf(decision);
  if (direction === undefined) return decision;
  const { windows } = sideOf(policy, direction);
  if (windows.length === 0 || windows.some((window) => isInWindow(window, now))) return decision;
  return hold(decision, 'window', `outside of ${windows.map(({ text }) => text).join(', ')}`);
};
