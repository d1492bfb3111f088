import { isFault, messageOf } from '../../lib/core/fault.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Allocation, Meter } from '../../lib/core/meter.ts';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import type { DurationMs } from '../../lib/core/units.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { describeAmount, describeChange, describeLimit } from './describe-limits.ts';
import type { Fences } from './fences.ts';
import type { HypervisorDriver, Reading, Room } from './hypervisor-driver.ts';
import { PATIENCE, isInForce, metersOf, readBack, readNow } from './read-back.ts';

/** What carrying out needs of `AllocateDeps`. */
export interface CarryOutDeps {
  readonly hypervisor: HypervisorDriver;
  readonly fences: Pick<Fences, 'pledged'>;
  readonly clock: Clock;
  readonly hostRules: { readonly stall: DurationMs };
}

export type Ready =
  | { readonly kind: 'refused'; readonly outcome: Outcome }
  | { readonly kind: 'ready'; readonly before: Allocation; readonly meters: readonly Meter[]; readonly seen: Reading };

/**
 * Reads what is in force and asks whether the plan fits. `meters` are those that must change, in the order in which they
 * are set: growth before shrink, so that a VM is never smaller on all sides while its plan is half done.
 *
 * Where an allocator died over this very plan (`takenOver`), what is found may be half of it: then the plan's own `from` is
 * what was in force before, all of the plan is set again, and a refusal goes back too.
 */
export async function readyToChange(plan: Plan, deps: CarryOutDeps, takenOver: boolean): Promise<Ready> {
  try {
    const seen = await readNow(deps.hypervisor, plan.vm, deps.clock);
    const before = takenOver ? { ...seen.limits, ...plan.from } : seen.limits;
    const meters = changingMeters(plan, before);
    const because = await noRoom(plan, deps, { before, meters });
    if (because === undefined) return { kind: 'ready', before, meters, seen };
    if (takenOver)
      return { kind: 'refused', outcome: await rollBack(plan, deps, { before, touched: meters, because }) };
    return { kind: 'refused', outcome: outcome(plan, 'refused', ofPlan(plan, before), because) };
  } catch (thrown) {
    // nothing was touched yet: whatever the reason, this is a refusal
    return { kind: 'refused', outcome: outcome(plan, 'refused', {}, messageOf(thrown)) };
  }
}

function changingMeters(plan: Plan, before: Allocation): readonly Meter[] {
  const changing = METERS.filter(
    (meter) => plan.set[meter] !== undefined && !isInForce(meter, plan.set[meter], before[meter]),
  );
  const grows = (meter: Meter): boolean => (plan.set[meter] ?? 0) > (before[meter] ?? Infinity);
  return [...changing.filter(grows), ...changing.filter((meter) => !grows(meter))];
}

/** Sets, reads back, and on any trouble goes back, meter by meter in reverse order. */
export async function carryOut(plan: Plan, deps: CarryOutDeps, takenOver: boolean): Promise<Outcome> {
  const ready = await readyToChange(plan, deps, takenOver);
  if (ready.kind === 'refused') return ready.outcome;
  const { before, meters, seen } = ready;
  if (meters.length === 0) {
    const applied = outcome(plan, 'applied', ofPlan(plan, before), `already in force: ${list(plan, before)}`);
    return { ...applied, inForceAt: seen.at };
  }
  const touched: Meter[] = [];
  const trouble = await change(plan, deps, { before, meters, touched });
  if (trouble.kind === 'none') {
    const because = meters.map((meter) => describeChange(meter, before[meter], plan.set[meter] ?? 0)).join(', ');
    return {
      ...outcome(plan, 'applied', ofPlan(plan, trouble.reading.limits), because),
      inForceAt: trouble.reading.at,
    };
  }
  if (touched.length === 0) return outcome(plan, 'refused', ofPlan(plan, before), trouble.because);
  if (trouble.kind === 'gone') return outcome(plan, 'failed', {}, trouble.because);
  return rollBack(plan, deps, { before, touched, because: trouble.because });
}

type Trouble =
  | { readonly kind: 'none'; readonly reading: Reading }
  | { readonly kind: 'trouble' | 'gone'; readonly because: string };

interface Change {
  readonly before: Allocation;
  readonly meters: readonly Meter[];
  /** Filled with the meters that may have been changed, in order. */
  readonly touched: Meter[];
}

async function change(plan: Plan, deps: CarryOutDeps, { before, meters, touched }: Change): Promise<Trouble> {
  try {
    for (const meter of meters) {
      touched.push(meter);
      await deps.hypervisor.set(plan.vm, { [meter]: plan.set[meter] }).catch((thrown: unknown) => {
        // a driver says PLAN_REFUSED only when it has changed nothing
        if (isFault(thrown) && thrown.code === 'PLAN_REFUSED') touched.pop();
        throw thrown;
      });
    }
    const asked = pick(plan.set, meters);
    const back = await readBack(
      { ...deps, patience: { stall: deps.hostRules.stall, total: PATIENCE.there } },
      plan.vm,
      asked,
    );
    const [missed] = back.missed;
    if (missed === undefined) return { kind: 'none', reading: back };
    const wanted = describeChange(missed, before[missed], plan.set[missed] ?? 0);
    return {
      kind: 'trouble',
      because: `${wanted} was taken but stopped at ${describeAmount(missed, back.limits[missed])}`,
    };
  } catch (thrown) {
    const gone = isFault(thrown) && thrown.code === 'PRIMARY_GONE';
    return { kind: gone ? 'gone' : 'trouble', because: messageOf(thrown) };
  }
}

interface WayBack {
  readonly before: Allocation;
  readonly touched: readonly Meter[];
  readonly because: string;
}

async function rollBack(plan: Plan, deps: CarryOutDeps, { before, touched, because }: WayBack): Promise<Outcome> {
  const asked: Partial<Record<Meter, number>> = {};
  const troubles: string[] = [];
  for (const meter of touched.toReversed()) {
    const value = before[meter] ?? Infinity;
    asked[meter] = value;
    const set = (): Promise<void> => deps.hypervisor.set(plan.vm, { [meter]: value });
    // a second try, since a failure here leaves a plan half done
    await set()
      .catch(set)
      .catch((thrown: unknown) => troubles.push(messageOf(thrown)));
  }
  try {
    const back = await readBack(
      { ...deps, patience: { stall: deps.hostRules.stall, total: PATIENCE.back } },
      plan.vm,
      asked,
    );
    const inForce = ofPlan(plan, back.limits);
    if (back.missed.length === 0) return outcome(plan, 'rolled-back', inForce, because);
    const left = back.missed.map((meter) => describeLimit(meter, back.limits[meter])).join(', ');
    return outcome(plan, 'failed', inForce, [because, `the way back left ${left}`, ...troubles].join('; '));
  } catch (thrown) {
    return outcome(plan, 'failed', {}, [because, `the way back: ${messageOf(thrown)}`, ...troubles].join('; '));
  }
}

/** Why the plan does not fit, or undefined. A maximum binds growth only and a minimum shrink only: any step towards them is good. */
async function noRoom(
  plan: Plan,
  { hypervisor, fences }: CarryOutDeps,
  { before, meters }: Pick<Change, 'before' | 'meters'>,
): Promise<string | undefined> {
  if (hypervisor.room === undefined || meters.length === 0) return undefined;
  const room = await hypervisor.room(plan.vm, fences.pledged(plan.vm));
  for (const meter of meters) {
    const limits = room[meter];
    const because = limits && outside(limits, before[meter] ?? Infinity, plan.set[meter] ?? 0);
    if (because !== undefined)
      return `${describeChange(meter, before[meter], plan.set[meter] ?? 0)} refused: ${because}`;
  }
  return undefined;
}

function outside(room: Room, from: number, to: number): string | undefined {
  const steps = to / room.step;
  if (Math.abs(steps - Math.round(steps)) > 1e-9) return `wanted a multiple of ${room.step}`;
  if (to > from && to > room.max) return room.because;
  if (to < from && to < room.min) return `below ${room.min}, the least of this driver`;
  return undefined;
}

/** The part of an allocation that a plan is about. */
function ofPlan(plan: Plan, limits: Allocation): Allocation {
  return pick(limits, metersOf(plan.set));
}

function pick(limits: Allocation, meters: readonly Meter[]): Allocation {
  const part: Partial<Record<Meter, number>> = {};
  for (const meter of meters) {
    const value = limits[meter];
    if (value !== undefined) part[meter] = value;
  }
  return part;
}

const list = (plan: Plan, limits: Allocation): string =>
  metersOf(plan.set)
    .map((meter) => describeLimit(meter, limits[meter]))
    .join(', ');

const outcome = (plan: Plan, state: Outcome['state'], inForce: Allocation, because: string): Outcome => ({
  planId: plan.id,
  vm: plan.vm,
  state,
  inForce,
  because,
});
