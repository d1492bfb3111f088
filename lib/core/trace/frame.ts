import type { Range, Allocation, Meter } from '../meter.ts';
import type { Bytes, DurationMs, EpochMs, HostId, VmId } from '../units.ts';
import type { FrameField } from './fields.ts';

/** Values of one frame by field. A source that cannot give a field leaves it out; nothing is invented. */
export type FrameValues = Readonly<Partial<Record<FrameField, number>>>;

/** What one block device did in the interval. Counts and bytes are of this interval, times in microseconds. */
export interface DiskUse {
  readonly name: string;
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  readonly readBytes: Bytes;
  readonly writeBytes: Bytes;
  readonly readUs: number;
  readonly writeUs: number;
  /** Time with at least one request in flight, microseconds. */
  readonly busyUs: number;
  /** Sum over requests of the time spent in the queue or device, microseconds (mean queue length = queueUs / interval). */
  readonly queueUs: number;
}

/** What one network interface did in the interval, as the primary sees it: rx is into the primary. */
export interface NicUse {
  readonly name: string;
  readonly rxBytes: Bytes;
  readonly rxPackets: number;
  readonly rxDrops: number;
  readonly txBytes: Bytes;
  readonly txPackets: number;
  readonly txDrops: number;
}

/** A count for a numbered thing: a system call by number, a KVM exit by reason. */
export interface Tally {
  readonly key: number;
  readonly count: number;
}

/** Memory by time since it was last touched: `bytes` were touched within `ageMs` and not within the next smaller age. */
export interface AgeBand {
  readonly ageMs: DurationMs;
  readonly bytes: Bytes;
}

/** One `TraceData` record: what one primary did in one sampling interval. Values are of the interval, not totals. */
export interface Frame {
  readonly vm: VmId;
  /** End of the interval, on the host's clock. */
  readonly at: EpochMs;
  readonly interval: DurationMs;
  readonly values: FrameValues;
  readonly disks?: readonly DiskUse[];
  readonly nics?: readonly NicUse[];
  /** The most frequent system calls; the rest summed under key -1. */
  readonly syscalls?: readonly Tally[];
  /** KVM exits by reason. */
  readonly exits?: readonly Tally[];
  readonly ages?: readonly AgeBand[];
  /** The limits that the host had in force at `at`: an outcome is confirmed by the trace itself. */
  readonly allocation?: Allocation;
}

/** How a primary came to be known, and what may be done to it. Sent when it appears, when it changes, and now and then. */
export interface Primary {
  readonly vm: VmId;
  readonly name: string;
  /** The machine image: an AMI id, or the base image or boot disk of a domain. */
  readonly image?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** How its limits are changed; `none` when this host can only watch it. */
  readonly actuator: 'kvm' | 'ec2' | 'none';
  /** What the actuator can set; a meter that is absent cannot be set. */
  readonly adjustable?: Readonly<Partial<Record<Meter, Range>>>;
}

export type LifecycleKind = 'appeared' | 'suspended' | 'resumed' | 'ended';

/** A change in a primary's life, seen by its host. */
export interface LifecycleEvent {
  readonly vm: VmId;
  readonly kind: LifecycleKind;
  readonly at: EpochMs;
}

/** The frames one host sends at once: one Kinesis record, partition key = host. */
export interface Batch {
  readonly host: HostId;
  /** Names one life of the host's spool; a new spool starts a new epoch, and sequences start again at 1. */
  readonly epoch: string;
  /** 1, 2, 3, ... within an epoch; a batch sent twice keeps its number, which is how it is counted once. */
  readonly sequence: number;
  readonly frames: readonly Frame[];
  readonly primaries?: readonly Primary[];
  readonly events?: readonly LifecycleEvent[];
}
