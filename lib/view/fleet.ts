import type { Horizon } from '../core/forecast/forecast.ts';
import type { Meter } from '../core/meter.ts';
import type { Outcome } from '../core/plan/plan.ts';
import type { MeterDecision } from '../core/policy/decision.ts';
import type { DurationMs, EpochMs, HostId, Probability, VmId } from '../core/units.ts';

/** One sample of one meter, in the meter's unit: what was wanted, and the limit in force then. */
export interface Point {
  readonly at: EpochMs;
  readonly demandLow: number;
  /** Above `demandLow` when use was capped, so that demand is only known to lie between the two. */
  readonly demandHigh: number;
  /** Absent when the limit is not known. */
  readonly allocation?: number;
}

/** What was forecast at `at` for [at + lead, at + lead + hold): `values[i]` is the quantile at `levels[i]`. */
export interface ForecastView extends Horizon {
  readonly at: EpochMs;
  readonly levels: readonly Probability[];
  readonly values: readonly number[];
}

/** One quantile of an earlier forecast, kept to show how right it was: at most `value` was expected in [from, until). */
export interface PastForecast {
  readonly from: EpochMs;
  readonly until: EpochMs;
  readonly level: Probability;
  readonly value: number;
}

/** One meter of one primary: the last two minutes or so, oldest first, and what is expected next. */
export interface MeterView {
  readonly meter: Meter;
  readonly points: readonly Point[];
  readonly forecast?: ForecastView;
  readonly pastForecasts: readonly PastForecast[];
  /** The last word on this meter, also when it was to hold. */
  readonly verdict?: MeterDecision;
}

/** A resize that was decided, and what came of it. */
export interface DecisionView extends MeterDecision {
  /** Unique in its VM: a name for this line on a page. */
  readonly id: string;
  /** Time of the newest sample behind the first such decision. */
  readonly at: EpochMs;
  /** The same as `at` until the same resize is decided again; then the newest. */
  readonly lastAt: EpochMs;
  /** How often the same resize was decided in a row. */
  readonly times: number;
  readonly planId?: string;
  readonly outcome?: Pick<Outcome, 'state' | 'because'>;
  /** From the sample behind the decision to the limit in force; only of what was applied. */
  readonly sampleToEffect?: DurationMs;
  /** When the limit was in force. */
  readonly inForceAt?: EpochMs;
}

/** `quiet`: no frame came for a while, so nothing is decided. */
export type VmState = 'running' | 'quiet' | 'suspended' | 'ended';

/** One primary as it is shown. */
export interface VmView {
  readonly vm: VmId;
  readonly name: string;
  readonly host: HostId;
  readonly image?: string;
  readonly actuator: 'kvm' | 'ec2' | 'none';
  readonly state: VmState;
  /** End of the newest frame. */
  readonly lastAt: EpochMs;
  readonly policy?: string;
  readonly meters: Readonly<Partial<Record<Meter, MeterView>>>;
  /** Newest first, at most 50. */
  readonly decisions: readonly DecisionView[];
}

/** What happened since the start, in numbers. */
export interface FleetSummary {
  /** Frames that a shadow took; one reported twice counts once. */
  readonly frames: number;
  /** Frames that no shadow took, second copies among them. */
  readonly dropped: number;
  /** Primaries seen since the start. */
  readonly vms: number;
  /** Primaries that run now. */
  readonly running: number;
  /** Times that the future of at least one meter of a primary was forecast. */
  readonly forecasts: number;
  /** Decisions that ask for a resize of at least one meter. */
  readonly triggers: number;
  readonly plans: number;
  readonly applied: number;
  readonly failed: number;
  readonly refused: number;
  readonly rolledBack: number;
  /** Sample time to limit in force over the newest applied plans; absent while nothing was applied. */
  readonly p50Ms?: DurationMs;
  readonly p99Ms?: DurationMs;
}

/** What a page shows. */
export interface FleetView {
  readonly at: EpochMs;
  readonly vms: readonly VmView[];
  readonly counts: FleetSummary;
}
