import type { PolicyRule } from './meter-context.ts';
import { adjustable } from './rules/adjustable.ts';
import { allowedByMode } from './rules/allowed-by-mode.ts';
import { cooledDown } from './rules/cooled-down.ts';
import { fresh } from './rules/fresh.ts';
import { inWindow } from './rules/in-window.ts';
import { knownAllocation } from './rules/known-allocation.ts';
import { notSuspended } from './rules/not-suspended.ts';
import { somethingToDo } from './rules/something-to-do.ts';
import { triggered } from './rules/triggered.ts';
import { warmedUp } from './rules/warmed-up.ts';
import { withinBounds } from './rules/within-bounds.ts';
import { withinRange } from './rules/within-range.ts';
import { withinStep } from './rules/within-step.ts';
import { worthwhile } from './rules/worthwhile.ts';

/**
 * The rules in force, in the order in which they are asked; a later one sees what an earlier one left, and none is asked
 * about a hold. First what makes any change senseless, then how far it may go, then whether it may be done now.
 */
export const RULES: readonly PolicyRule[] = [
  notSuspended, // a paused VM shows no demand
  adjustable, // nothing can be done about it anyway
  knownAllocation, // neither direction nor undoing is known
  fresh, // silence is not demand
  somethingToDo, // it has the size it needs
  warmedUp, // too little is known of it
  triggered, // the policy's triggers
  withinRange, // what the actuator can set
  withinBounds, // what the policy allows
  withinStep, // not too far at once
  worthwhile, // what is left is too small to disturb anybody
  cooledDown, // let the last change settle
  inWindow, // not at this hour
  allowedByMode, // last, so that a recommendation says exactly what would be done
];
