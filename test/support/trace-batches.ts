import type { Batch, DiskUse, Frame, FrameValues, NicUse, Tally } from '../../lib/core/trace/frame.ts';

/** A seeded source of numbers in [0, 1) (mulberry32): the same seed gives the same batches on every machine. */
function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Dice {
  readonly chance: () => number;
  /** A whole number around `mean`, spread by a log-normal factor (sigma of the logarithm), in whole multiples of `unit`. */
  readonly about: (mean: number, sigma?: number, unit?: number) => number;
}

function diceOf(seed: number): Dice {
  const chance = seededChance(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const about = (mean: number, sigma = 0.35, unit = 1): number =>
    Math.round((mean * Math.exp(sigma * normal() - (sigma * sigma) / 2)) / unit) * unit;
  return { chance, about };
}

/** What one VM of the made-up fleet does on average; a host's VMs differ in load by orders of magnitude. */
interface Character {
  readonly vm: string;
  readonly vcpus: number;
  readonly memory: number;
  /** vCPUs kept busy on average. */
  readonly busy: number;
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  readonly netBytes: number;
  readonly callOrder: readonly number[];
}

/**
 * Quantiles (0, .1, .25, .5, .75, .9, 1) of 5-minute means over the active VMs of Bitbrains' data centre (GWA-T-12,
 * fastStorage and Rnd): vCPUs in use, bytes per second. Most VMs of a real host do very little in most seconds.
 */
const FLEET = {
  busy: [0.004, 0.01, 0.02, 0.05, 0.5, 4, 8],
  diskReadBytes: [0, 0, 0, 0, 1, 10_000, 15e6],
  diskWriteBytes: [60, 100, 700, 2_200, 14_000, 67_000, 6e6],
  netBytes: [50, 100, 200, 700, 10_000, 160_000, 2.5e6],
} as const;
const RANKS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];

/** The value at a rank, between two quantiles on a logarithmic scale. */
const atRank = (quantiles: readonly number[], rank: number): number => {
  const upper = Math.max(
    1,
    RANKS.findIndex((known) => known >= rank),
  );
  const [left = 0, right = 1] = [RANKS[upper - 1], RANKS[upper]];
  const [low = 0, high = 0] = [quantiles[upper - 1], quantiles[upper]];
  const share = (rank - left) / (right - left);
  return low === 0 ? high * share : low * (high / low) ** share;
};

const ROLES = ['web', 'db', 'cache', 'build', 'batch', 'mail', 'proxy', 'queue'];
/** x86-64 numbers: read write close mmap poll openat fstat futex epoll_wait recvfrom sendto ... in usual order of frequency. */
const COMMON_CALLS = [
  0, 1, 202, 232, 45, 44, 3, 257, 5, 7, 9, 11, 13, 14, 20, 228, 230, 270, 281, 262, 35, 47, 46, 72, 8,
];
/** VMX exit reasons: EPT misconfig, MSR write, HLT, external interrupt, preemption timer, EPT violation, MSR read, I/O, pause, CPUID. */
const EXIT_REASONS = [49, 32, 12, 1, 52, 48, 31, 30, 40, 10];
const AGES_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000];
const TICK_US = 10_000;
const MS_US = 1_000;
const PAGE = 4_096;
const GIB = 2 ** 30;
/** Page ages are looked at for one page in 256 and scaled up: to look at all of them each second would cost a core. */
const SAMPLED_PAGES = 256 * PAGE;

const characterOf = (index: number, rank: number, { chance }: Dice): Character => {
  const role = ROLES[index % ROLES.length] ?? 'web';
  const vcpus = [1, 2, 2, 4, 4, 8][Math.floor(chance() * 6)] ?? 2;
  const near = (): number => Math.min(1, Math.max(0, rank + 0.3 * (chance() - 0.5)));
  return {
    vm: `kvm1/${role}-${String(index + 1).padStart(2, '0')}`,
    vcpus,
    memory: vcpus * 2 * GIB,
    busy: Math.min(vcpus, atRank(FLEET.busy, rank)),
    diskReadBytes: atRank(FLEET.diskReadBytes, near()),
    diskWriteBytes: atRank(FLEET.diskWriteBytes, near()),
    netBytes: atRank(FLEET.netBytes, near()),
    callOrder: COMMON_CALLS.map((key, place) => ({ key, place: place + 6 * chance() }))
      .sort((left, right) => left.place - right.place)
      .map(({ key }) => key),
  };
};

const cpuValues = ({ vcpus, busy }: Character, { chance, about }: Dice): FrameValues => {
  const cpuRunUs = about(busy * 1e6, 0.3, TICK_US);
  const cycles = about(busy * 2.6e9);
  return {
    cpuCount: vcpus,
    cpuRunUs,
    cpuSystemUs: about(cpuRunUs * 0.25, 0.2, TICK_US),
    cpuWaitUs: about(60 + busy * 12_000, 0.8),
    cpuStealUs: chance() < 0.8 ? 0 : about(15_000, 0.5, TICK_US),
    cpuIowaitUs: chance() < 0.6 ? 0 : about(15_000, 0.5, TICK_US),
    runnableTasks: about(1 + busy, 0.5),
    contextSwitches: about(150 + busy * 4_000),
    forks: about(2, 0.9),
    instructions: about(cycles * 0.9, 0.15),
    cycles,
    cacheReferences: about(cycles * 0.008, 0.25),
    cacheMisses: about(cycles * 0.0012, 0.4),
  };
};

const memoryValues = ({ memory, busy, diskWriteBytes }: Character, { chance, about }: Dice): FrameValues => {
  const anon = about(memory * 0.35, 0.3, PAGE);
  const cached = about(memory * 0.3, 0.3, PAGE);
  const free = Math.max(0, Math.round((memory * 0.92 - anon - cached) / PAGE) * PAGE);
  const swapping = chance() < 0.1;
  return {
    memoryTotalBytes: memory - 64 * 2 ** 20,
    memoryFreeBytes: free,
    memoryAvailableBytes: free + about(cached * 0.8, 0.05, PAGE),
    memoryCachedBytes: cached,
    memoryAnonBytes: anon,
    memoryDirtyBytes: about(diskWriteBytes * 8, 0.8, PAGE),
    swapTotalBytes: 2 * GIB,
    swapUsedBytes: swapping ? about(2e8, 0.5, PAGE) : 0,
    swapInBytes: swapping ? about(2e6, 0.5, PAGE) : 0,
    swapOutBytes: swapping ? about(1e6, 0.5, PAGE) : 0,
    minorFaults: about(20 + busy * 1_500, 0.8),
    majorFaults: swapping ? about(20) : 0,
    refaultsFile: chance() < 0.15 ? about(30, 1) : 0,
    refaultsAnon: swapping ? about(200, 1) : 0,
    directScans: swapping ? about(500, 1) : 0,
    oomKills: 0,
    balloonBytes: 0,
  };
};

const pressureValues = ({ busy, diskReadBytes, diskWriteBytes }: Character, { chance, about }: Dice): FrameValues => {
  const memorySomeUs = chance() < 0.1 ? about(5_000, 1) : 0;
  const ioSomeUs = about(((diskReadBytes + diskWriteBytes) / 8_192) * 300, 0.9);
  return {
    cpuSomeUs: about(busy * 9_000, 0.8),
    memorySomeUs,
    memoryFullUs: Math.round(memorySomeUs * 0.7),
    ioSomeUs,
    ioFullUs: about(ioSomeUs * 0.8, 0.1),
    tcpRetransmits: chance() < 0.1 ? about(3, 0.5) : 0,
  };
};

/** Requests of a disk come in bursts: a rate far below one a second is none in most seconds. */
const diskOf = (name: string, [readBytes, writeBytes]: readonly [number, number], { chance, about }: Dice): DiskUse => {
  const burst = (rate: number, size: number): number => {
    const mean = rate / size;
    return chance() < Math.min(1, mean) ? about(Math.max(1, mean), 0.8) : 0;
  };
  const reads = burst(readBytes, 32_768);
  const writes = burst(writeBytes, 12_288);
  return {
    name,
    reads,
    writes,
    flushes: about(writes * 0.2, 0.4),
    readBytes: reads * about(32_768, 0.5, PAGE),
    writeBytes: writes * about(12_288, 0.4, PAGE),
    readUs: about(reads * 400, 0.5, MS_US),
    writeUs: about(writes * 900, 0.5, MS_US),
    busyUs: about((reads + writes) * 350, 0.3, 4 * MS_US),
    queueUs: about((reads + writes) * 800, 0.5, MS_US),
  };
};

const nicOf = (bytes: number, { chance, about }: Dice): NicUse => {
  const rxPackets = about(bytes / 250, 0.6);
  const txPackets = about(bytes / 300, 0.6);
  return {
    name: 'eth0',
    rxBytes: about(rxPackets * 250),
    rxPackets,
    rxDrops: chance() < 0.03 ? 1 : 0,
    txBytes: about(txPackets * 300),
    txPackets,
    txDrops: 0,
  };
};

const talliesOf = (keys: readonly number[], total: number, { about }: Dice): Tally[] =>
  keys
    .map((key, rank) => ({ key, count: about(Math.max(1, total * 0.35 * 0.72 ** rank), 0.4) }))
    .sort((left, right) => right.count - left.count);

const sumOf = (tallies: readonly Tally[]): number => tallies.reduce((sum, { count }) => sum + count, 0);

function fullFrame(character: Character, at: number, dice: Dice): Frame {
  const { vm, vcpus, memory, busy, diskReadBytes, diskWriteBytes, netBytes, callOrder } = character;
  const calls = talliesOf(callOrder.slice(0, 11), 120 + busy * 6_000, dice);
  const syscalls = [...calls, { key: -1, count: dice.about(sumOf(calls) * 0.04) }];
  const exits = talliesOf(EXIT_REASONS.slice(0, 8), 250 + busy * 6_000, dice);
  return {
    vm,
    at,
    interval: 1_000,
    values: {
      ...cpuValues(character, dice),
      systemCalls: sumOf(syscalls),
      vmExits: sumOf(exits),
      ...memoryValues(character, dice),
      ...pressureValues(character, dice),
    },
    disks: [
      diskOf('vda', [diskReadBytes * 0.3, diskWriteBytes * 0.3], dice),
      diskOf('vdb', [diskReadBytes * 0.7, diskWriteBytes * 0.7], dice),
    ],
    nics: [nicOf(netBytes, dice)],
    syscalls,
    exits,
    ages: AGES_MS.map((ageMs, band) => ({ ageMs, bytes: dice.about((memory * (band + 1)) / 60, 0.5, SAMPLED_PAGES) })),
    allocation: { cpu: vcpus, memory, disk_read: 100e6, disk_write: 100e6, net_rx: 125e6, net_tx: 125e6 },
  };
}

interface FleetSize {
  readonly vms: number;
  readonly seconds: number;
  readonly seed: number;
  /** Share of the fleet, from the idlest on, that the VMs are not taken from: 0 takes all, 0.75 the busiest quarter. */
  readonly above?: number;
}

/**
 * A made-up batch with every field of every frame filled in, as a host with all collectors sends it: the load of each VM
 * drawn from a real fleet, times in the ticks and milliseconds that the kernel counts in, memory in pages, noise on all of it.
 */
export function fullBatch({ vms, seconds, seed, above = 0 }: FleetSize): Batch {
  const dice = diceOf(seed);
  const characters = Array.from({ length: vms }, (_, index) =>
    characterOf(index, above + (1 - above) * ((((index * 7) % vms) + dice.chance()) / vms), dice),
  );
  const start = 1_790_000_000_000;
  const frames = Array.from({ length: seconds }, (_, second) =>
    characters.map((character) => fullFrame(character, start + second * 1_000, dice)),
  ).flat();
  return { host: 'kvm1', epoch: 'b3f0c2a19d5e4f70', sequence: 81_234, frames };
}
