import type { Decision } from '../core/policy/decision.ts';
import type { Forecast } from '../core/forecast/forecast.ts';
import type { Frame, LifecycleEvent, Primary } from '../core/trace/frame.ts';
import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { HostId } from '../core/units.ts';

/** The newest frame of a shadow, and what the shadow made of it. */
export interface Observation {
  readonly host: HostId;
  readonly primary: Primary;
  readonly frame: Frame;
  readonly forecast: Forecast;
  readonly decision: Decision;
}

export type DropReason = 'duplicate' | 'foreign' | 'ended';

/** Who watches the path: CloudWatch metrics in the cloud, the live page at home. Never throws, never blocks the path. */
export interface Observer {
  /** Each frame that a shadow took, once. */
  applied: (host: HostId, frame: Frame) => void;
  /** After each delivery of records, the newest frame of each VM that took any. */
  observed: (observation: Observation) => void;
  /** A frame that no shadow took: a second copy, a VM that belongs to another host, a VM that has ended. */
  dropped: (host: HostId, frame: Frame, reason: DropReason) => void;
  lifecycle: (event: LifecycleEvent) => void;
  planned: (plan: Plan) => void;
  ended: (plan: Plan, outcome: Outcome) => void;
}
