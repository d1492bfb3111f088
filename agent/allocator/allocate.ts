import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import type { DurationMs, HostId } from '../../lib/core/units.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { describeChange } from './describe-limits.ts';
import type { Claimed, Fences } from './fences.ts';
import { carryOut, readyToChange } from './carry-out.ts';
import type { HypervisorDriver } from './hypervisor-driver.ts';

/** What this host says of itself. */
interface HostRules {
  readonly host: HostId;
  /** For a limit on its way without movement; PATIENCE has the rest. */
  readonly stall: DurationMs;
}

export interface AllocateDeps {
  readonly hypervisor: HypervisorDriver;
  readonly fences: Fences;
  readonly clock: Clock;
  readonly hostRules: HostRules;
}

/**
 * Carries one plan out on this host, whole or not at all, and says what is in force afterwards.
 *
 *   refused       nothing was changed: not this host's, expired, overtaken, no room, VM gone
 *   applied       every meter of the plan reads back as asked (also when it already did)
 *   rolled-back   a meter could not be set or did not get there; what was in force before reads back again
 *   failed        neither: `because` says what was left, `inForce` what was read last
 *
 * The same plan again (id and fence) returns the recorded outcome and changes nothing. Throws nothing but what the disk
 * of the fences throws.
 */
export async function allocate(plan: Plan, deps: AllocateDeps): Promise<Outcome> {
  const known = deps.fences.look(plan);
  if (known !== undefined) return settled(plan, known);
  const unfit = misdirected(plan, deps.hostRules.host) ?? expired(plan, deps.clock);
  if (unfit !== undefined) return refusal(plan, unfit);
  const claimed = await deps.fences.claim(plan);
  if (claimed.kind !== 'claimed') return settled(plan, claimed);
  // the wait for another allocator may have outlived the plan
  const late = expired(plan, deps.clock);
  const outcome = late === undefined ? await carryOut(plan, deps, claimed.claim.takenOver) : refusal(plan, late);
  claimed.claim.end(outcome);
  return outcome;
}

/**
 * Everything that `allocate` would check, and nothing that it would change: an outcome `refused` with the reason, or
 * undefined and the changes that would be made.
 */
export async function rehearse(
  plan: Plan,
  deps: AllocateDeps,
): Promise<{ readonly outcome?: Outcome; readonly changes: readonly string[] }> {
  const known = deps.fences.look(plan);
  if (known !== undefined) return { outcome: settled(plan, known), changes: [] };
  const unfit = misdirected(plan, deps.hostRules.host) ?? expired(plan, deps.clock);
  if (unfit !== undefined) return { outcome: refusal(plan, unfit), changes: [] };
  const ready = await readyToChange(plan, deps, false);
  if (ready.kind === 'refused') return { outcome: ready.outcome, changes: [] };
  return { changes: ready.meters.map((meter) => describeChange(meter, ready.before[meter], plan.set[meter] ?? 0)) };
}

function settled(plan: Plan, known: Exclude<Claimed, { kind: 'claimed' }>): Outcome {
  return known.kind === 'recorded' ? known.outcome : refusal(plan, known.because);
}

function misdirected(plan: Plan, host: HostId): string | undefined {
  if (plan.host !== host) return `the plan is for host ${plan.host}, this is ${host}`;
  if (!plan.vm.startsWith(`${host}/`)) return `${plan.vm} is not a vm of host ${host}`;
  return undefined;
}

function expired(plan: Plan, clock: Clock): string | undefined {
  const late = clock.now() - plan.expiresAt;
  return late < 0 ? undefined : `the plan expired ${Math.round(late)} ms ago, its forecast is over`;
}

const refusal = (plan: Plan, because: string): Outcome => ({
  planId: plan.id,
  vm: plan.vm,
  state: 'refused',
  inForce: {},
  because,
});
