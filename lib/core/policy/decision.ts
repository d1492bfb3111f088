import type { Meter } from '../meter.ts';
import type { VmId } from '../units.ts';

export type Direction = 'up' | 'down';
/** What a policy allows: watch only, say it, ask a person first, do it. */
export type Mode = 'observe' | 'recommend' | 'approve' | 'auto';

/** The rules, in no order, that can have the last word on a meter; a closed set, used as metric dimension. */
export type Rule =
  | 'sizing' // nothing narrowed it: the size that the forecast asks for
  | 'no-policy' // no policy selects this primary
  | 'not-adjustable' // the actuator cannot set this meter
  | 'unknown-allocation' // what is in force is not known, so nothing is moved
  | 'warming-up' // too few samples for a forecast that may act
  | 'stale' // silence is not demand: no fresh frame
  | 'trigger' // no trigger of the policy is met
  | 'bounds'
  | 'step'
  | 'cooldown'
  | 'window' // outside the hours in which this direction may act
  | 'mode' // the policy only observes or recommends here
  | 'suspended'
  | 'deadband'; // the change is too small to be worth it

/** The last word on one meter of one primary. `because` is for people and may contain numbers; `rule` is for counting. */
export interface MeterDecision {
  readonly meter: Meter;
  readonly kind: 'hold' | 'resize';
  /** In force now; undefined when not known. */
  readonly from: number | undefined;
  /** Wanted in force next; equals `from` for a hold. */
  readonly to: number | undefined;
  readonly mode: Mode;
  readonly rule: Rule;
  readonly because: string;
}

/** What the policies left of a recommendation, and why. */
export interface Decision {
  readonly vm: VmId;
  /** Name of the policy that selects this primary; undefined when none does. */
  readonly policy: string | undefined;
  readonly meters: readonly MeterDecision[];
}
