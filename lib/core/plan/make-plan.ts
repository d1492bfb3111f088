import { METERS, type Allocation } from '../meter.ts';
import type { Decision, MeterDecision } from '../policy/decision.ts';
import type { Primary } from '../trace/frame.ts';
import type { DurationMs, EpochMs, HostId, VmId } from '../units.ts';
import type { Plan } from './plan.ts';

/** What a plan is made from. */
export interface PlanInput {
  readonly decision: Decision;
  readonly primary: Primary;
  readonly host: HostId;
  /** In force now: what a roll-back returns to. */
  readonly allocation: Allocation;
  /** Time of the newest sample behind the decision. */
  readonly sampledAt: EpochMs;
  readonly now: EpochMs;
  /** How long the plan may be carried out. */
  readonly lifetime: DurationMs;
}

/**
 * The plan for a decision, or undefined when nothing is to be resized by itself or nothing can be. The same decision about
 * the same sample gives the same id, so that a plan asked for twice runs once. Rung `ec2` carries the sizes wanted; the
 * instance types are for the planner of that rung to add.
 */
export function makePlan(input: PlanInput): Plan | undefined {
  const { decision, primary, host, sampledAt, now, lifetime } = input;
  const changes = decision.meters.filter(isDue);
  if (primary.actuator === 'none' || decision.policy === undefined || changes.length === 0) return undefined;
  const set = sizesOf(changes, ({ to }) => to);
  return {
    id: planId(primary.vm, sampledAt, set),
    vm: primary.vm,
    host,
    rung: primary.actuator,
    set,
    from: sizesOf(changes, ({ meter, from }) => input.allocation[meter] ?? from),
    decisions: decision.meters,
    policy: decision.policy,
    sampledAt,
    expiresAt: now + lifetime,
    fence: 0,
  };
}

/** Names a plan by what it does: valid as the name of a Step Functions execution, [A-Za-z0-9_-], at most 80 characters. */
export function planId(vm: VmId, sampledAt: EpochMs, set: Allocation): string {
  const changes = METERS.flatMap((meter) => (set[meter] === undefined ? [] : [`${meter}=${String(set[meter])}`]));
  const readable = vm.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 40);
  return [readable, sampledAt.toString(36), fingerprint([vm, ...changes].join('\n'))].join('-');
}

function isDue(decision: MeterDecision): boolean {
  return decision.kind === 'resize' && decision.mode === 'auto';
}

function sizesOf(changes: readonly MeterDecision[], size: (decision: MeterDecision) => number | undefined): Allocation {
  const sizes = new Map(changes.map((decision) => [decision.meter, size(decision)]));
  return Object.fromEntries(METERS.flatMap((meter) => (sizes.has(meter) ? [[meter, sizes.get(meter)]] : [])));
}

/**
 * 64 bits in base 36: FNV-1a over UTF-16 code units (http://www.isthe.com/chongo/tech/comp/fnv/). Only to tell plans of
 * one VM and one sample apart; nobody gains by forging one.
 */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n);
  }
  return hash.toString(36);
}
