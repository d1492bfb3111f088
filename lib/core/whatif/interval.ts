import { demandOf } from '../demand/demand.ts';
import type { Allocation, Meter } from '../meter.ts';
import type { AgeBand, DiskUse, Frame, FrameValues } from '../trace/frame.ts';
import type { Bytes, BytesPerSecond, EpochMs, Probability, Vcpus } from '../units.ts';

/** What one frame says that a replay at another size needs: the work that came, the size in force, the waiting measured. */
export interface Interval {
  readonly at: EpochMs;
  readonly seconds: number;
  /** CPU work that was done or stolen, vCPUs. */
  readonly cpu: Vcpus | undefined;
  readonly memory: MemoryNeed | undefined;
  readonly disk: DiskWork | undefined;
  readonly netRx: BytesPerSecond | undefined;
  readonly netTx: BytesPerSecond | undefined;
  /** Limits in force; the frame's own vCPUs and memory where it has no allocation. */
  readonly inForce: Allocation;
  /** Context switches per second, or disk requests and packets where they are not counted: how often tasks wake up. */
  readonly wakeUps: number;
  /** Meters that were at their limit: what was wanted beyond it is not in the trace. */
  readonly capped: readonly Meter[];
  readonly measured: Measured;
}

/** Memory of one interval, bytes. */
export interface MemoryNeed {
  /** Cannot be dropped: total less available. */
  readonly mustHave: Bytes;
  /** Page cache that may be dropped and read again; 0 where the trace does not say. */
  readonly cached: Bytes;
  readonly ages: readonly AgeBand[];
}

/** Requests of all disks in one interval; NaN is a side that the trace does not know. */
export interface DiskWork {
  readonly read: BytesPerSecond;
  readonly written: BytesPerSecond;
  /** Requests per second; 0 where the trace has no counts. */
  readonly requests: number;
  /** Share of the time with a request in flight, mean over disks that had any; 0 where the trace does not say. */
  readonly busy: Probability;
}

/** Waiting that the trace measured, absent where it has no such figure. */
export interface Measured {
  /** Share of the interval in which at least one task waited for a CPU (PSI `some`). */
  readonly cpuStall?: Probability;
  /** Mean number of tasks or vCPUs that waited for a CPU (run delay over the interval). */
  readonly cpuWaiting?: number;
  /** Mean number of disk requests waiting or in service. */
  readonly diskQueue?: number;
}

/** Reads a frame. Undefined for an interval of no length. */
export function intervalOf(frame: Frame): Interval | undefined {
  const { at, values } = frame;
  const seconds = frame.interval / 1000;
  if (!(seconds > 0)) return undefined;
  const demand = demandOf(frame);
  return {
    at,
    seconds,
    cpu: demand.cpu?.low,
    memory: memoryOf(frame),
    disk: diskOf(frame.disks, seconds),
    netRx: demand.net_rx?.low,
    netTx: demand.net_tx?.low,
    inForce: inForceOf(frame),
    wakeUps: wakeUpsOf(frame) / seconds,
    capped: Object.entries(demand)
      .filter(([, { low, high }]) => high > low)
      .map(([meter]) => meter as Meter),
    measured: measuredOf(values, frame.disks, seconds * 1e6),
  };
}

function memoryOf({ values, ages = [] }: Frame): MemoryNeed | undefined {
  const { memoryTotalBytes: total, memoryAvailableBytes: available = values.memoryFreeBytes } = values;
  if (total === undefined || available === undefined) return undefined;
  const mustHave = Math.max(0, total - available);
  // MemAvailable counts most of the page cache as droppable: the rest of it is in `mustHave` already.
  const cached = Math.max(0, Math.min(values.memoryCachedBytes ?? 0, total - mustHave));
  return { mustHave, cached, ages };
}

function diskOf(disks: readonly DiskUse[] | undefined, seconds: number): DiskWork | undefined {
  if (disks === undefined) return undefined;
  let [read, written, requests, busyUs, active] = [0, 0, 0, 0, 0];
  for (const disk of disks) {
    read += disk.readBytes / seconds;
    written += disk.writeBytes / seconds;
    requests += (disk.reads + disk.writes) / seconds;
    busyUs += disk.busyUs;
    active += disk.busyUs > 0 ? 1 : 0;
  }
  return { read, written, requests, busy: active === 0 ? 0 : Math.min(1, busyUs / (active * seconds * 1e6)) };
}

function wakeUpsOf({ values, disks = [], nics = [] }: Frame): number {
  if (values.contextSwitches !== undefined) return values.contextSwitches;
  let count = 0;
  for (const { reads, writes } of disks) count += reads + writes;
  for (const { rxPackets, txPackets } of nics) count += rxPackets + txPackets;
  return count;
}

function inForceOf({ allocation = {}, values }: Frame): Allocation {
  const cpu = allocation.cpu ?? values.cpuCount;
  const memory = allocation.memory ?? values.memoryTotalBytes;
  return { ...allocation, ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
}

function measuredOf(
  { cpuSomeUs, cpuWaitUs }: FrameValues,
  disks: readonly DiskUse[] | undefined,
  us: number,
): Measured {
  // A disk without times (a CSV row) has done requests in no time at all: not a measurement.
  const timed = disks?.filter((disk) => disk.queueUs > 0 || (disk.reads + disk.writes === 0 && disk.readBytes === 0));
  const queueUs = disks !== undefined && timed?.length === disks.length ? sumOfQueues(disks) : undefined;
  return {
    ...(cpuSomeUs !== undefined && { cpuStall: Math.min(1, cpuSomeUs / us) }),
    ...(cpuWaitUs !== undefined && { cpuWaiting: cpuWaitUs / us }),
    ...(queueUs !== undefined && queueUs > 0 && { diskQueue: queueUs / us }),
  };
}

const sumOfQueues = (disks: readonly DiskUse[]): number => disks.reduce((sum, disk) => sum + disk.queueUs, 0);
