import { z } from 'zod';
import { chooseType } from '../../lib/core/plan/choose-type.ts';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import type { DurationMs, EpochMs } from '../../lib/core/units.ts';
import type { InstanceFleet } from '../../lib/ports/instance-fleet.ts';
import type { Ledger } from '../../lib/ports/ledger.ts';
import type { Observer } from '../../lib/ports/observer.ts';
import type { ShadowStore } from '../../lib/ports/shadow-store.ts';
import { planSchema } from '../platform/schemas.ts';
import { type Handler, type Platform, withPlatform } from '../platform/with-platform.ts';

export interface PlanDeps {
  readonly ledger: Ledger;
  readonly shadows: ShadowStore;
  readonly fleet: Pick<InstanceFleet, 'types'>;
  readonly observer: Observer;
  readonly now: () => EpochMs;
}

/** What the workflow goes on with. A refused plan holds no lock, and its outcome is recorded already. */
export type ClaimResult =
  { readonly kind: 'claimed'; readonly plan: Plan } | { readonly kind: 'refused'; readonly outcome: Outcome };

/** How long a plan may hold its VM: past any end of its workflow, so that a lock that was never released runs out. */
const LOCK_MS: Readonly<Record<Plan['rung'], DurationMs>> = { kvm: 120_000, ec2: 7_200_000 };

const request = z.object({ plan: planSchema });

/**
 * The plan function, first step of the workflow: a fresh look (is the forecast still ahead, does the primary still live,
 * which instance type would do), then the lock on the VM and the fencing number of its host. Refusing is a result.
 */
export function planHandler(deps: PlanDeps, platform: Platform): Handler<unknown, ClaimResult> {
  return withPlatform(platform, async (event) => {
    const { plan } = request.parse(event);
    const claimed = await claim(deps, plan);
    if (typeof claimed !== 'string') return { kind: 'claimed', plan: claimed };
    const outcome: Outcome = { planId: plan.id, vm: plan.vm, state: 'refused', inForce: {}, because: claimed };
    if (await deps.ledger.settle(plan, outcome)) deps.observer.ended(plan, outcome);
    platform.logger.info('plan refused', { planId: plan.id, vm: plan.vm, because: claimed });
    return { kind: 'refused', outcome };
  });
}

/** The plan ready to be carried out, or why it is refused. */
async function claim({ ledger, shadows, fleet, now }: PlanDeps, plan: Plan): Promise<Plan | string> {
  const at = now();
  if (at > plan.expiresAt) return `the plan came ${at - plan.expiresAt} ms after the end of its forecast`;
  const shadow = await shadows.get(plan.vm);
  if (shadow?.kind === 'ended' && shadow.endedAt > plan.sampledAt)
    return 'the primary has ended since the plan was made';
  const typed = plan.rung === 'ec2' ? await withType(fleet, plan) : plan;
  if (typeof typed === 'string') return typed;
  const claimed = await ledger.claim(typed, at, at + LOCK_MS[plan.rung]);
  return claimed.kind === 'held' ? `the VM is held by plan ${claimed.by}` : { ...typed, fence: claimed.fence };
}

async function withType(fleet: PlanDeps['fleet'], plan: Plan): Promise<Plan | string> {
  const types = await fleet.types(plan.vm);
  if (types === undefined) return `the instance ${plan.vm} does not exist, or its type is not known to EC2`;
  const { current, family } = types;
  const to = chooseType(plan, current, family);
  if (to === undefined)
    return `no other type of the family of ${current.name} is the smallest that holds what is wanted`;
  return { ...plan, instanceType: { from: current.name, to: to.name } };
}
