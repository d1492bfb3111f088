import type { Outcome, Plan } from '../core/plan/plan.ts';

/** The record of every plan and what came of it. Entries are written once and never changed. */
export interface Ledger {
  planned: (plan: Plan) => Promise<void>;
  ended: (outcome: Outcome) => Promise<void>;
}
