import type { DemandInterval } from '../forecast/forecast.ts';
import type { Allocation, Meter } from '../meter.ts';
import type { DiskUse, Frame, FrameValues, NicUse } from '../trace/frame.ts';

/** What a primary wanted in one interval, per meter that its frame tells something about. */
export type Demand = Readonly<Partial<Record<Meter, DemandInterval>>>;

/** From this share of its limit on, use is taken as capped by it: what was wanted may be more. */
const CAPPED_SHARE = 0.95;
/** CPU counts as capped earlier: vCPUs are handed out in slices, and a VM at 90 % already queues. */
const CPU_CAPPED_SHARE = 0.9;
/** PSI share of an interval above which tasks really queued (`some` for cpu, `full` for memory). */
const CPU_PRESSURE = 0.1;
const MEMORY_PRESSURE = 0.005;
/** Steal above this share of a vCPU is contention on the host and not scheduling noise. */
const STEAL_SHARE = 0.02;
/**
 * The deepest cut that is believed at once: a capped meter had at least this share of what it wanted. Where the cut is
 * deeper, the limit is raised, found too low again, and raised further. Nothing narrower holds the truth nine times in ten
 * (docs/demand.md): what a plateau hides depends on how deep it was cut, and neither its length nor the meter's history
 * tells that.
 */
const DEEPEST_CUT = 0.6;
const MOST_WANTED = 1 / DEEPEST_CUT;
/** Memory that was swapped out or came back is counted, not guessed: so many times its use is believed. */
const MOST_WANTED_MEMORY = 2;
/** What memory that is short wants at least when the frame could tell what came back and says nothing did. */
const LEAST_WANTED_MEMORY = 1.1;
/** Page size of the counters in a frame: the kernel counts refaults in pages of 4 KiB on x86 and arm64. */
const PAGE_BYTES = 4096;
/** Available memory below this share of the total means that the page cache is at its floor: more may be wanted. */
const MEMORY_FLOOR_SHARE = 0.05;

/**
 * What the primary wanted in the frame's interval: what it used plus what it waited for. Where use was capped the answer
 * is an interval: `low` is certain (it was used), `high` is what the waiting signals allow. A meter about which the frame
 * says nothing is absent. `allocation` stands in for a frame that does not carry the limits in force itself.
 *
 * Sources: CloudScale (SoCC'11) for raising a saturated estimate by a bounded factor; Linux `schedstat` run delay, PSI
 * (`Documentation/accounting/psi.rst`) and `workingset_refault_*` (mm/workingset.c) for waiting.
 */
export function demandOf(frame: Frame, allocation: Allocation | undefined = frame.allocation): Demand {
  const demand: Partial<Record<Meter, DemandInterval>> = {};
  const put = (meter: Meter, interval: DemandInterval | undefined): void => {
    if (interval !== undefined && Number.isFinite(interval.low)) demand[meter] = interval;
  };
  put('cpu', cpuDemand(frame, allocation?.cpu));
  put('memory', memoryDemand(frame.values, frame.interval * 1000));
  if (frame.disks !== undefined) {
    put('disk_read', diskDemand(frame, frame.disks, 'read', allocation?.disk_read));
    put('disk_write', diskDemand(frame, frame.disks, 'write', allocation?.disk_write));
  }
  if (frame.nics !== undefined) {
    put('net_rx', nicDemand(frame, frame.nics, 'rx', allocation?.net_rx));
    put('net_tx', nicDemand(frame, frame.nics, 'tx', allocation?.net_tx));
  }
  return demand;
}

/** Share of an open interval that a size gives at once: the rest is asked for again where it is still wanted. */
const LET_OUT = 0.4;

/**
 * The least size for demand that is capped now, in its unit: two fifths into its interval, so that a VM pinned at its limit
 * is let out by about a quarter with each decision (2.5 times as much after four). Exact demand is itself.
 */
export const letOut = ({ low, high }: DemandInterval): number => low + LET_OUT * (high - low);

const exact = (value: number): DemandInterval => ({ low: value, high: value });

/** An open interval, kept within what is believable for something that had `low`. */
const capped = (low: number, high: number, most: number = MOST_WANTED): DemandInterval => ({
  low,
  high: Math.max(low, Math.min(high, most * low)),
});

/** Capped, and nothing tells by how much. */
const open = (low: number): DemandInterval => ({ low, high: low * MOST_WANTED });

/** vCPUs: low = run + steal (stolen time was wanted for certain), high adds the run-queue wait once CPUs are short. */
function cpuDemand({ values, interval }: Frame, limit: number | undefined): DemandInterval | undefined {
  const { cpuRunUs, cpuStealUs = 0, cpuCount = Infinity } = values;
  if (cpuRunUs === undefined || interval <= 0) return undefined;
  const us = interval * 1000;
  const low = (cpuRunUs + cpuStealUs) / us;
  const share = low / Math.min(limit ?? Infinity, cpuCount);
  if (share < CPU_CAPPED_SHARE && !isQueueing(values, us)) return exact(low);
  const queued = queuedCpus(values, us, low);
  if (queued > 0) return capped(low, low + queued);
  return share < CAPPED_SHARE || isServed(values, us) ? exact(low) : open(low);
}

/** Busy to the brim, and the pressure says that nobody waits: that is what was wanted, not what was left of it. */
const isServed = (values: FrameValues, us: number): boolean =>
  values.cpuSomeUs !== undefined && !isQueueing(values, us);

const isQueueing = ({ cpuStealUs = 0, cpuSomeUs = 0 }: FrameValues, us: number): boolean =>
  cpuStealUs / us > STEAL_SHARE || cpuSomeUs / us > CPU_PRESSURE;

/** vCPUs' worth of tasks that waited: measured over the interval, or what was left in the queue at its end. */
const queuedCpus = ({ cpuWaitUs = 0, runnableTasks = 0 }: FrameValues, us: number, low: number): number =>
  Math.max(cpuWaitUs / us, runnableTasks - low);

/** Bytes: low = total - available; high adds what came back from swap and the page cache, at least a tenth. */
function memoryDemand(values: FrameValues, us: number): DemandInterval | undefined {
  const { memoryTotalBytes: total, memoryAvailableBytes: available = values.memoryFreeBytes } = values;
  if (total === undefined || available === undefined) return undefined;
  const low = Math.max(0, total - available);
  if (!isMemoryShort(values, { us, available, total })) return exact(low);
  if (!tellsOfMemory(values)) return open(low);
  const { refaultsFile = 0, refaultsAnon = 0, swapInBytes = 0, swapUsedBytes = 0 } = values;
  const returned = Math.max(swapInBytes, (refaultsFile + refaultsAnon) * PAGE_BYTES);
  const high = Math.max(low + returned, low + swapUsedBytes, low * LEAST_WANTED_MEMORY);
  return capped(low, high, MOST_WANTED_MEMORY);
}

/** Whether the source has anything that would show memory that was wanted and not there; a plain CSV has not. */
const tellsOfMemory = ({
  memoryFullUs,
  swapInBytes,
  swapUsedBytes,
  refaultsFile,
  refaultsAnon,
}: FrameValues): boolean =>
  [memoryFullUs, swapInBytes, swapUsedBytes, refaultsFile, refaultsAnon].some((value) => value !== undefined);

function isMemoryShort(
  { memoryFullUs = 0, oomKills = 0 }: FrameValues,
  { us, available, total }: { readonly us: number; readonly available: number; readonly total: number },
): boolean {
  const isStalled = us > 0 && memoryFullUs / us > MEMORY_PRESSURE;
  return isStalled || oomKills > 0 || available < MEMORY_FLOOR_SHARE * total;
}

/** Bytes/s. A queue in front of the device is no bound: a program that waits for its own request has one of one. */
function diskDemand(
  { interval }: Frame,
  disks: readonly DiskUse[],
  side: 'read' | 'write',
  limit: number | undefined,
): DemandInterval | undefined {
  if (interval <= 0) return undefined;
  let bytes = 0;
  for (const disk of disks) bytes += side === 'read' ? disk.readBytes : disk.writeBytes;
  const rate = (bytes * 1000) / interval;
  return rate < CAPPED_SHARE * (limit ?? Infinity) ? exact(rate) : open(rate);
}

function nicDemand(
  { interval }: Frame,
  nics: readonly NicUse[],
  side: 'rx' | 'tx',
  limit: number | undefined,
): DemandInterval | undefined {
  if (interval <= 0) return undefined;
  let bytes = 0;
  for (const nic of nics) bytes += side === 'rx' ? nic.rxBytes : nic.txBytes;
  const rate = (bytes * 1000) / interval;
  return rate < CAPPED_SHARE * (limit ?? Infinity) ? exact(rate) : open(rate);
}
