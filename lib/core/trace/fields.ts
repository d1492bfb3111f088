/**
 * The scalar fields of a frame. The number is the field's number on the wire (`lib/adapters/trace/trace.proto`, enum Field)
 * and is never reused. All values are whole and not negative; times are microseconds summed over vCPUs, counts and bytes
 * are of the interval, `...Bytes` of memory are levels at the end of it.
 */
export const FRAME_FIELDS = {
  /** vCPUs online. */
  cpuCount: 1,
  /** Time that vCPUs ran (user, nice, system, irq, softirq; guest view). */
  cpuRunUs: 2,
  /** The part of it in the kernel. */
  cpuSystemUs: 3,
  /** Time that runnable tasks or vCPUs waited for a CPU (schedstat run delay; domain: vcpu delay). */
  cpuWaitUs: 4,
  /** Time stolen by the hypervisor while the VM wanted to run. */
  cpuStealUs: 5,
  /** Time that CPUs idled with I/O outstanding. */
  cpuIowaitUs: 6,
  /** Tasks runnable at the end of the interval. */
  runnableTasks: 7,
  contextSwitches: 8,
  forks: 9,
  instructions: 10,
  cycles: 11,
  cacheReferences: 12,
  cacheMisses: 13,
  /** System calls of all kinds. */
  systemCalls: 14,
  /** KVM exits of all reasons. */
  vmExits: 15,
  memoryTotalBytes: 20,
  memoryFreeBytes: 21,
  /** What could be had without swapping (MemAvailable; domain: balloon.usable). */
  memoryAvailableBytes: 22,
  memoryCachedBytes: 23,
  memoryAnonBytes: 24,
  memoryDirtyBytes: 25,
  swapTotalBytes: 26,
  swapUsedBytes: 27,
  swapInBytes: 28,
  swapOutBytes: 29,
  minorFaults: 30,
  majorFaults: 31,
  /** Pages read back after having been evicted: memory was wanted and not there. */
  refaultsFile: 32,
  refaultsAnon: 33,
  directScans: 34,
  oomKills: 35,
  /** Memory the balloon holds back from the guest. */
  balloonBytes: 36,
  /** Pressure stall totals of the interval (PSI). */
  cpuSomeUs: 40,
  memorySomeUs: 41,
  memoryFullUs: 42,
  ioSomeUs: 43,
  ioFullUs: 44,
  tcpRetransmits: 50,
} as const satisfies Readonly<Record<string, number>>;

export type FrameField = keyof typeof FRAME_FIELDS;
