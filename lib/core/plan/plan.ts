import type { Allocation } from '../meter.ts';
import type { EpochMs, HostId, VmId } from '../units.ts';
import type { MeterDecision } from '../policy/decision.ts';

/** The commands for one primary: what to set, what was in force when it was decided, and until when that may be done. */
export interface Plan {
  /** Unique; also the execution's name, so that a plan requested twice runs once. */
  readonly id: string;
  readonly vm: VmId;
  readonly host: HostId;
  readonly rung: 'kvm' | 'ec2';
  /** Limits to put in force; only meters that change. */
  readonly set: Allocation;
  /** For rung `ec2`: the type in force and the one wanted. */
  readonly instanceType?: { readonly from: string; readonly to: string };
  /** Limits in force when the plan was made, for the same meters: what a roll-back returns to. */
  readonly from: Allocation;
  readonly decisions: readonly MeterDecision[];
  readonly policy: string;
  /** Time of the newest sample behind the decision; sample to effect is measured from here. */
  readonly sampledAt: EpochMs;
  /** Past this time the plan is not carried out: its forecast is over. */
  readonly expiresAt: EpochMs;
  /** Grows with each plan of a host; the host refuses a number that is not above the last one it saw. 0 until locked. */
  readonly fence: number;
}

/** What happened to a plan. */
export interface Outcome {
  readonly planId: string;
  readonly vm: VmId;
  readonly state: 'applied' | 'refused' | 'rolled-back' | 'failed';
  /** What the host or the fleet reads back, for the meters of the plan. */
  readonly inForce: Allocation;
  /** When the limits were in force, by the clock of whoever set them; absent when nothing was. */
  readonly inForceAt?: EpochMs;
  readonly because: string;
}
