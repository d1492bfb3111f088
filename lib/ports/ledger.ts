import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { EpochMs } from '../core/units.ts';

/** Whether a plan may go ahead. */
export type Claim =
  /** The VM is locked for this plan; `fence` is above every number that the host was given before. */
  | { readonly kind: 'claimed'; readonly fence: number }
  /** Another plan holds the VM. */
  | { readonly kind: 'held'; readonly by: string };

/** Every plan and what came of it, and the lock that keeps two plans off one VM. Entries are never changed once settled. */
export interface Ledger {
  /**
   * Records the plan and locks its VM until `until`; a lock that has run out is taken over. Claiming again for the same
   * plan id succeeds (a retried call), with a higher fence, until the plan is settled. Throws Fault STORE_UNAVAILABLE.
   */
  claim: (plan: Plan, now: EpochMs, until: EpochMs) => Promise<Claim>;
  /** Records the outcome and unlocks the VM if this plan holds it. False when the plan had been settled before: nothing changes. */
  settle: (plan: Plan, outcome: Outcome) => Promise<boolean>;
  outcomeOf: (planId: string) => Promise<Outcome | undefined>;
}
