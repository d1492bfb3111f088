import type { DemandInterval } from '../forecast/forecast.ts';
import type { Allocation, Meter, PerMeter } from '../meter.ts';
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
 * The most a capped meter is believed to want, as a multiple of what it had. Waiting tasks say that more is wanted, not
 * how much more could be used, and a limit that is raised can be raised again one decision later.
 */
const MOST_WANTED = 2;
/** What a capped meter is believed to want at least at its high end when nothing tells how long its queue is. */
const LEAST_WANTED = 1.5;
/** The same for memory, where more is a wish of the page cache and not a queue. */
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

/**
 * The demand of a source that knows use and capacity only (a CSV row, a cloud metric): exact below the capacity, open
 * upwards at it. cpu may pass its capacity (turbo, rounding), which is a fact about use and never clipped.
 */
export function demandOfSample(use: PerMeter, capacity: PerMeter): Demand {
  const demand: Partial<Record<Meter, DemandInterval>> = {};
  for (const [name, value] of Object.entries(use)) {
    const meter = name as Meter;
    const limit = capacity[meter];
    const wanted = value * (meter === 'memory' ? LEAST_WANTED_MEMORY : LEAST_WANTED);
    demand[meter] = value >= CAPPED_SHARE * (limit ?? Infinity) ? capped(value, wanted) : exact(value);
  }
  return demand;
}

const exact = (value: number): DemandInterval => ({ low: value, high: value });

/** An open interval, kept within what is believable for something that had `low`. */
const capped = (low: number, high: number): DemandInterval => ({
  low,
  high: Math.max(low, Math.min(high, MOST_WANTED * low)),
});

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
  return share >= CAPPED_SHARE ? capped(low, low * LEAST_WANTED) : exact(low);
}

const isQueueing = ({ cpuStealUs = 0, cpuSomeUs = 0 }: FrameValues, us: number): boolean =>
  cpuStealUs / us > STEAL_SHARE || cpuSomeUs / us > CPU_PRESSURE;

/** vCPUs' worth of tasks that waited: measured over the interval, or what was left in the queue at its end. */
const queuedCpus = ({ cpuWaitUs = 0, runnableTasks = 0 }: FrameValues, us: number, low: number): number =>
  Math.max(cpuWaitUs / us, runnableTasks - low);

/** Bytes: low = total - available; high adds what came back from swap and the page cache, or a tenth when it is short. */
function memoryDemand(values: FrameValues, us: number): DemandInterval | undefined {
  const { memoryTotalBytes: total, memoryAvailableBytes: available = values.memoryFreeBytes } = values;
  if (total === undefined || available === undefined) return undefined;
  const low = Math.max(0, total - available);
  if (!isMemoryShort(values, { us, available, total })) return exact(low);
  const { refaultsFile = 0, refaultsAnon = 0, swapInBytes = 0, swapUsedBytes = 0 } = values;
  const returned = Math.max(swapInBytes, (refaultsFile + refaultsAnon) * PAGE_BYTES);
  return capped(low, Math.max(low + returned, low + swapUsedBytes, low * LEAST_WANTED_MEMORY));
}

function isMemoryShort(
  { memoryFullUs = 0, oomKills = 0 }: FrameValues,
  { us, available, total }: { readonly us: number; readonly available: number; readonly total: number },
): boolean {
  const isStalled = us > 0 && memoryFullUs / us > MEMORY_PRESSURE;
  return isStalled || oomKills > 0 || available < MEMORY_FLOOR_SHARE * total;
}

function diskDemand(
  { interval }: Frame,
  disks: readonly DiskUse[],
  side: 'read' | 'write',
  limit: number | undefined,
): DemandInterval | undefined {
  if (interval <= 0) return undefined;
  let bytes = 0;
  let requests = 0;
  let queueUs = 0;
  for (const disk of disks) {
    bytes += side === 'read' ? disk.readBytes : disk.writeBytes;
    requests += side === 'read' ? disk.reads : disk.writes;
    queueUs += disk.queueUs;
  }
  const rate = (bytes * 1000) / interval;
  if (rate < CAPPED_SHARE * (limit ?? Infinity)) return exact(rate);
  // Little's law: the mean queue, in bytes, is what one more interval would have had to serve beside its own work.
  const queued = requests > 0 ? ((queueUs / (interval * 1000)) * bytes) / requests : 0;
  return capped(rate, Math.max(rate * LEAST_WANTED, rate + (queued * 1000) / interval));
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
  return rate < CAPPED_SHARE * (limit ?? Infinity) ? exact(rate) : capped(rate, rate * LEAST_WANTED);
}
