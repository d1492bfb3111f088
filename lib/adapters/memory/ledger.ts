import type { Outcome, Plan } from '../../core/plan/plan.ts';
import type { EpochMs, HostId, VmId } from '../../core/units.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** A ledger in this process: locks that run out, fences that only grow, outcomes written once. */
export function memoryLedger(): Ledger {
  const locks = new Map<VmId, { readonly planId: string; readonly until: EpochMs }>();
  const fences = new Map<HostId, number>();
  const outcomes = new Map<string, Outcome>();
  return {
    claim: (plan, now, until) => {
      const lock = locks.get(plan.vm);
      if (lock !== undefined && lock.planId !== plan.id && lock.until >= now) {
        return Promise.resolve({ kind: 'held', by: lock.planId });
      }
      if (outcomes.has(plan.id)) return Promise.resolve({ kind: 'held', by: `${plan.id}, which has ended` });
      locks.set(plan.vm, { planId: plan.id, until });
      const fence = (fences.get(plan.host) ?? 0) + 1;
      fences.set(plan.host, fence);
      return Promise.resolve({ kind: 'claimed', fence });
    },
    settle: (plan: Plan, outcome: Outcome) => {
      const first = !outcomes.has(plan.id);
      if (first) outcomes.set(plan.id, outcome);
      if (locks.get(plan.vm)?.planId === plan.id) locks.delete(plan.vm);
      return Promise.resolve(first);
    },
    outcomeOf: (planId) => Promise.resolve(outcomes.get(planId)),
  };
}
