import type { DemandInterval, Horizon } from '../forecast/forecast.ts';
import type { Meter, Range } from '../meter.ts';
import type { Primary } from '../trace/frame.ts';
import type { DurationMs, EpochMs } from '../units.ts';
import type { Direction, MeterDecision } from './decision.ts';
import type { Need } from './need.ts';
import type { MeterMemory, MeterPolicy } from './policy.ts';

/** Everything that a rule may look at when it judges one meter of one primary. */
export interface MeterContext {
  readonly meter: Meter;
  readonly primary: Primary;
  readonly state: 'active' | 'suspended';
  readonly policy: MeterPolicy;
  readonly stale: DurationMs;
  /** What the actuator can set; undefined when it cannot set this meter. */
  readonly range: Range | undefined;
  /** In force; undefined when not known. */
  readonly from: number | undefined;
  readonly horizon: Horizon;
  readonly demand: DemandInterval;
  /** Samples that the model of this meter has seen. */
  readonly samples: number;
  readonly need: Need;
  /** What was remembered, this sample included. */
  readonly memory: MeterMemory;
  /** A plan of this primary is under way. */
  readonly busy: boolean;
  readonly now: EpochMs;
  /** End of the newest sample. */
  readonly lastAt: EpochMs;
}

/**
 * Looks at a decision that still is to resize, and lets it pass, makes it smaller, or holds it; never more, and never in
 * the other direction. Returns the very decision it was given when it has nothing to say.
 */
export type PolicyRule = (decision: MeterDecision, context: MeterContext) => MeterDecision;

/** The direction of a change; undefined when there is none or the size in force is not known. */
export function directionOf({ from, to }: Pick<MeterDecision, 'from' | 'to'>): Direction | undefined {
  if (from === undefined || to === undefined || from === to) return undefined;
  return to > from ? 'up' : 'down';
}

/** The half of a meter's policy that governs a direction. */
export function sideOf(policy: MeterPolicy, direction: Direction): MeterPolicy['increase'] | MeterPolicy['decrease'] {
  return direction === 'up' ? policy.increase : policy.decrease;
}
