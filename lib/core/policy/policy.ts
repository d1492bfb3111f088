import type { Meter } from '../meter.ts';
import type { Primary } from '../trace/frame.ts';
import type { DurationMs, EpochMs, Probability } from '../units.ts';
import type { Mode } from './decision.ts';
import type { TimeWindow } from './time-window.ts';

/** Text with `*` (any characters, also none) and `?` (one character); everything else stands for itself. */
export type Glob = string;

/**
 * Which primaries a policy selects. All given keys must match; a key matches when one of its globs does. What a primary
 * does not have (no image, no such tag) matches nothing, not even `*`. No key at all selects every primary.
 */
export interface Match {
  readonly name?: readonly Glob[];
  readonly vm?: readonly Glob[];
  readonly host?: readonly Glob[];
  readonly image?: readonly Glob[];
  readonly tags?: Readonly<Record<string, readonly Glob[]>>;
  readonly actuator?: readonly Primary['actuator'][];
}

/** When and how far a meter's limit may be raised. */
export interface IncreasePolicy {
  readonly mode: Mode;
  readonly when: {
    /** Share of the demand now by which the forecast must be above it: 0.2 is 20 %. Above 0. */
    readonly increase: number;
    /** Forecasts that begin later than this are not acted on; absent: every forecast counts. */
    readonly within?: DurationMs;
    /** Quantile level of the forecast peak that is looked at. */
    readonly confidence: Probability;
    /** Samples that the model must have seen. Whole. */
    readonly samples: number;
  };
  /** Most that one change may add, as a share of the present size: 1 doubles it. Above 0. */
  readonly step: number;
  /** Least time from one raise of this meter to the next. */
  readonly cooldown: DurationMs;
  /** When it may be raised; empty: always. */
  readonly windows: readonly TimeWindow[];
}

/** When and how far a meter's limit may be lowered. */
export interface DecreasePolicy {
  readonly mode: Mode;
  readonly when: {
    /** Share of the size in force by which the size needed must be below it: 0.25 is 25 %. From 0 to 1. */
    readonly decrease: number;
    /** How long it must have been so, in sample time, without a gap. */
    readonly for: DurationMs;
    /** Samples that the model must have seen. Whole. */
    readonly samples: number;
  };
  /** Most that one change may take away, as a share of the present size: 0.5 halves it. Above 0, at most 1. */
  readonly step: number;
  /** Least time from any change of this meter, up or down, to the next decrease. */
  readonly cooldown: DurationMs;
  /** When it may be lowered; empty: always. */
  readonly windows: readonly TimeWindow[];
}

/** Limits between which a policy may move a meter, in the meter's unit; an absent one is no limit. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** What a policy lets be done to one meter. */
export interface MeterPolicy {
  readonly increase: IncreasePolicy;
  readonly decrease: DecreasePolicy;
  readonly bounds: Bounds;
}

/** One policy, complete: every default is filled in. */
export interface Policy {
  readonly name: string;
  readonly match: Match;
  /** Age of the newest sample past which a primary is frozen. */
  readonly stale: DurationMs;
  readonly meters: Readonly<Record<Meter, MeterPolicy>>;
}

/** The policies of a fleet, in order: the first that matches a primary is the one that governs it. */
export interface PolicySet {
  readonly policies: readonly Policy[];
}

/** What deciding remembers of one meter. Plain JSON, a few numbers. */
export interface MeterMemory {
  /** When a raise was last decided; forgotten when no cooldown needs it any more. */
  readonly raisedAt?: EpochMs;
  /** When a decrease was last decided; forgotten likewise. */
  readonly loweredAt?: EpochMs;
  /** Sample time at which the present block of low time began: the size needed is low enough for a decrease since then. */
  readonly lowSince?: EpochMs;
  /** Largest size needed in the present block. */
  readonly lowPeak?: number;
  /** Largest size needed in the block before, which was whole: as long as the decrease trigger's `for`. */
  readonly lowPeakBefore?: number;
}

/** What deciding remembers of one primary from one decision to the next. Plain JSON; `NO_MEMORY` at first. */
export interface PolicyMemory {
  /** Time of the newest sample that was decided on. */
  readonly seenAt?: EpochMs;
  readonly meters?: Readonly<Partial<Record<Meter, MeterMemory>>>;
}

/** The memory of a primary that was never decided on. */
export const NO_MEMORY: PolicyMemory = {};

/**
 * What holds where a policy file says nothing: recommend only, up fast, down slow. The numbers are judgements: 20 % and
 * 95 % are the triggers of the product's first example, 60 s of quiet and of samples is one minute at the usual 1-s
 * sampling, and 10 s against 60 s makes a raise six times as quick as a decrease (docs/policies.md).
 */
export const DEFAULT_METER_POLICY: MeterPolicy = {
  increase: {
    mode: 'recommend',
    when: { increase: 0.2, confidence: 0.95, samples: 5 },
    step: 1,
    cooldown: 10_000,
    windows: [],
  },
  decrease: {
    mode: 'recommend',
    when: { decrease: 0.25, for: 60_000, samples: 60 },
    step: 0.5,
    cooldown: 60_000,
    windows: [],
  },
  bounds: {},
};

/** Age of the newest sample past which a primary is frozen where a policy does not say: 15 s. */
export const DEFAULT_STALE: DurationMs = 15_000;
