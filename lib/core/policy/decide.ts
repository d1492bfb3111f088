import { METERS, type Allocation, type Meter } from '../meter.ts';
import type { Recommendation } from '../sizing/recommendation.ts';
import type { Primary } from '../trace/frame.ts';
import type { EpochMs, HostId } from '../units.ts';
import { askFor } from './ask-for.ts';
import type { Decision, MeterDecision } from './decision.ts';
import type { MeterContext } from './meter-context.ts';
import { needOf } from './need.ts';
import type { MeterMemory, Policy, PolicyMemory, PolicySet } from './policy.ts';
import { rememberChange, rememberNeed } from './remember.ts';
import { RULES } from './rules.ts';
import { selectPolicy } from './select-policy.ts';

/** What a decision about one primary is made from. */
export interface DecideInput {
  readonly primary: Primary;
  readonly host: HostId;
  readonly recommendation: Recommendation;
  /** In force now. */
  readonly allocation: Allocation;
  /** What the last decision about this primary left; `NO_MEMORY` at first. */
  readonly memory: PolicyMemory;
  readonly now: EpochMs;
  /** End of the newest sample of this primary. */
  readonly lastAt: EpochMs;
  readonly state: 'active' | 'suspended';
  /** A plan of this primary is under way and not yet seen in its trace: nothing is moved until it is. */
  readonly busy?: boolean;
}

/**
 * Narrows a recommendation to what the policies allow now: for every meter with a forecast and a size, in the order of
 * `METERS`, whether to resize, to what, and which rule had the last word. Pure: the same input gives the same decision.
 * The memory that it returns belongs into the next call for the same primary.
 */
export function decide(
  input: DecideInput,
  policies: PolicySet,
): { readonly decision: Decision; readonly memory: PolicyMemory } {
  const policy = selectPolicy(input.primary, input.host, policies);
  const judged = metersOf(input.recommendation).map((meter) => ({ meter, ...judge(meter, input, policy) }));
  return {
    decision: {
      vm: input.primary.vm,
      policy: policy?.name,
      meters: judged.map(({ decision }) => decision),
    },
    memory: { seenAt: input.lastAt, meters: keepRemembered(input.memory, judged) },
  };
}

/** What is not a number is not known: it is not decided on, and never reaches an actuator. */
function metersOf({ forecast, target }: Recommendation): readonly Meter[] {
  return METERS.filter((meter) => {
    const { values, demand } = forecast.meters[meter] ?? { values: [], demand: { low: Number.NaN, high: Number.NaN } };
    return [target[meter], demand.low, demand.high, ...values].every(Number.isFinite);
  });
}

/** A meter that is not judged this time keeps what was remembered of it; one with nothing to remember takes no room. */
function keepRemembered(
  before: PolicyMemory,
  judged: readonly { readonly meter: Meter; readonly memory: MeterMemory }[],
): NonNullable<PolicyMemory['meters']> {
  const all = { ...before.meters, ...Object.fromEntries(judged.map(({ meter, memory }) => [meter, memory])) };
  return Object.fromEntries(Object.entries(all).filter(([, memory]) => Object.keys(memory).length > 0));
}

function judge(
  meter: Meter,
  input: DecideInput,
  policy: Policy | undefined,
): { readonly decision: MeterDecision; readonly memory: MeterMemory } {
  const context = policy === undefined ? undefined : contextOf(meter, input, policy);
  if (context === undefined) return { decision: noPolicy(meter, input), memory: {} };
  const asked = askFor(context);
  const decision = RULES.reduce((left, rule) => (left.kind === 'hold' ? left : rule(left, context)), asked);
  return { decision, memory: rememberChange(context, decision) };
}

function noPolicy(meter: Meter, { allocation }: DecideInput): MeterDecision {
  const from = allocation[meter];
  const because = 'no policy selects this primary';
  return { meter, kind: 'hold', from, to: from, mode: 'observe', rule: 'no-policy', because };
}

function contextOf(meter: Meter, input: DecideInput, policy: Policy): MeterContext | undefined {
  const { forecast, target } = input.recommendation;
  const ofMeter = forecast.meters[meter];
  const wanted = target[meter];
  if (ofMeter === undefined || wanted === undefined) return undefined;
  const rules = policy.meters[meter];
  const inForce = input.allocation[meter];
  const from = Number.isFinite(inForce) ? inForce : undefined;
  const need = needOf(forecast, ofMeter, { meter, target: wanted, from, policy: rules });
  const context: MeterContext = {
    meter,
    primary: input.primary,
    state: input.state,
    policy: rules,
    stale: policy.stale,
    range: input.primary.adjustable?.[meter],
    from,
    horizon: forecast,
    demand: ofMeter.demand,
    samples: ofMeter.samples,
    need,
    memory: input.memory.meters?.[meter] ?? {},
    busy: input.busy ?? false,
    now: input.now,
    lastAt: input.lastAt,
  };
  return { ...context, memory: rememberNeed(context, input.memory.seenAt) };
}
