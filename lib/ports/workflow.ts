import type { Plan } from '../core/plan/plan.ts';

/** Carries plans out: Step Functions, or the local interpreter of the same definition. */
export interface Workflow {
  /** Starts a plan. A plan with an id that was started before is not started again; says whether this call started it. */
  start: (plan: Plan) => Promise<boolean>;
}
