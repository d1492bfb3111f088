import type { Decision } from '../core/policy/decision.ts';
import type { Forecast } from '../core/forecast/forecast.ts';
import type { Frame, LifecycleEvent, Primary } from '../core/trace/frame.ts';
import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { HostId } from '../core/units.ts';

/** One frame applied to a shadow, and what the shadow made of it. */
export interface Observation {
  readonly host: HostId;
  readonly primary: Primary;
  readonly frame: Frame;
  readonly forecast: Forecast;
  readonly decision: Decision;
}

/** Who watches the path: CloudWatch metrics in the cloud, the live page at home. Never throws, never blocks the path. */
export interface Observer {
  observed: (observation: Observation) => void;
  /** A frame that was not applied a second time. */
  duplicate: (host: HostId, frame: Frame) => void;
  lifecycle: (event: LifecycleEvent) => void;
  planned: (plan: Plan) => void;
  ended: (plan: Plan, outcome: Outcome) => void;
}
