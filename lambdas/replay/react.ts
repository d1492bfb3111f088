import { decide } from '../../lib/core/policy/decide.ts';
import { makePlan } from '../../lib/core/plan/make-plan.ts';
import { NO_MEMORY, type PolicyMemory, type PolicySet } from '../../lib/core/policy/policy.ts';
import type { Shadow, ShadowMemory } from '../../lib/core/shadow/shadow.ts';
import type { Allocation, Meter } from '../../lib/core/meter.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';
import type { DurationMs, EpochMs } from '../../lib/core/units.ts';
import type { Observer } from '../../lib/ports/observer.ts';
import type { Moved } from './apply.ts';

export interface ReactDeps {
  readonly policies: PolicySet;
  readonly observer: Observer;
  readonly now: EpochMs;
}

/** What rides in a shadow's memory: what the policies remember, and the plan that is not yet seen in the trace. */
interface Remembered {
  readonly policy?: PolicyMemory;
  readonly inFlight?: InFlight;
}

interface InFlight {
  readonly planId: string;
  readonly set: Allocation;
  readonly startedAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** The workflow settles a second or two after the host has acted; a plan made before would find the VM locked. */
const SETTLING_MS: DurationMs = 3_000;

/** A type change takes minutes of waiting for the instance; its plan must not run out on the way into the workflow. */
const EC2_LIFETIME_MS: DurationMs = 900_000;

/**
 * What comes of the size for a VM: a decision and, when a policy's threshold is met and no plan is under way for the VM, the
 * plan to start. Pure but for what it leaves in the shadow's memory.
 */
export function react(
  { policies, observer, now }: ReactDeps,
  { shadow, frame, recommendation }: Moved,
): Plan | undefined {
  const { forecast } = recommendation;
  const { primary, host, allocation, lastAt, state } = shadow;
  const remembered = shadow.memory as Remembered;
  const inFlight = stillInFlight(remembered.inFlight, allocation, now);
  const { decision, memory } = decide(
    {
      primary,
      host,
      recommendation,
      allocation,
      memory: remembered.policy ?? NO_MEMORY,
      now,
      lastAt,
      state,
      busy: inFlight !== undefined,
    },
    policies,
  );
  remember(shadow, { policy: memory, ...(inFlight === undefined ? {} : { inFlight }) });
  observer.observed({ host, primary, frame, forecast, decision });
  if (inFlight !== undefined) return undefined;
  const lifetime = primary.actuator === 'ec2' ? EC2_LIFETIME_MS : forecast.lead + forecast.hold;
  return makePlan({ decision, primary, host, allocation, sampledAt: forecast.at, now, lifetime });
}

/** Notes a started plan, so that no second one is made until the trace confirms it or its time is over. */
export function noteStarted(shadow: Shadow, { id, set, expiresAt }: Plan, startedAt: EpochMs): void {
  remember(shadow, { ...(shadow.memory as Remembered), inFlight: { planId: id, set, startedAt, expiresAt } });
}

function remember(shadow: Shadow, remembered: Remembered): void {
  shadow.memory = remembered as unknown as ShadowMemory;
}

/** Confirmed by the trace itself: the limits that the host reports are the ones that the plan set. */
function stillInFlight(inFlight: InFlight | undefined, inForce: Allocation, now: EpochMs): InFlight | undefined {
  if (inFlight === undefined || now > inFlight.expiresAt) return undefined;
  if (now < inFlight.startedAt + SETTLING_MS) return inFlight;
  const confirmed = Object.entries(inFlight.set).every(([meter, value]) => inForce[meter as Meter] === value);
  return confirmed ? undefined : inFlight;
}
