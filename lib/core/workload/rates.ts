import type { DiskUse, Frame, NicUse, Tally } from '../trace/frame.ts';

/**
 * What a signature keeps the decayed mean of, in the order of its slots: per second unless said otherwise. A name, once
 * given, keeps its place; a change takes a new version of the signature.
 */
export const RATES = [
  /** vCPUs that ran. */
  'run',
  /** The part of them in the kernel. */
  'system',
  /** vCPUs that ran as a share of those online, its square, and the share of the time with next to none. */
  'share',
  'shareSquared',
  'quiet',
  'switches',
  'calls',
  /** System calls that open a file or look one up, as far as they are among the most frequent ones. */
  'opens',
  'forks',
  'faults',
  /** Share of the time in which a task waited for I/O (PSI). */
  'ioStall',
  'writes',
  'flushes',
  'readBytes',
  'writeBytes',
  'rxBytes',
  'txBytes',
  'rxPackets',
  'txPackets',
] as const;

export type Rate = (typeof RATES)[number];

/** Below this share of the CPUs a machine is quiet: its own daemons use about so much. */
const QUIET_SHARE = 0.03;
/** Frames of a longer time say nothing about bursts: classes are learnt from frames of a second. */
const LONGEST_BURST_MS = 10_000;
/** openat and newfstatat on x86-64 (257, 262) and arm64 (56, 79), where the other's numbers are rare calls or none. */
const OPENING: ReadonlySet<number> = new Set([257, 262, 56, 79]);

/** In place of a rate that this frame does not tell, and of one that its source never can. */
export const NOT_TOLD = Number.NaN;
export const NEVER_TOLD = -1;

const AT = Object.fromEntries(RATES.map((name, i) => [name, i])) as Readonly<Record<Rate, number>>;

/**
 * Writes what a frame tells of each rate to `out`, in their order. Bytes that came without requests or packets are of a
 * source that knows bytes only: what it would count is never told. Typed arrays and loops: this runs for every frame.
 */
export function readRates(frame: Frame, out: Float64Array): void {
  out.fill(NOT_TOLD);
  if (!(frame.interval > 0)) return;
  const seconds = frame.interval / 1000;
  readCpu(frame, out);
  const { contextSwitches, systemCalls, forks, minorFaults, ioSomeUs } = frame.values;
  put(out, AT.switches, contextSwitches, seconds);
  put(out, AT.calls, systemCalls, seconds);
  put(out, AT.forks, forks, seconds);
  put(out, AT.faults, minorFaults, seconds);
  put(out, AT.ioStall, ioSomeUs, seconds * 1e6);
  if (frame.syscalls !== undefined) put(out, AT.opens, openingCalls(frame.syscalls), seconds);
  if (frame.disks !== undefined) readDisks(frame.disks, seconds, out);
  if (frame.nics !== undefined) readNics(frame.nics, seconds, out);
}

function readCpu({ values, interval, allocation }: Frame, out: Float64Array): void {
  const us = interval * 1000;
  put(out, AT.run, values.cpuRunUs, us);
  put(out, AT.system, values.cpuSystemUs, us);
  const share = (out[AT.run] ?? NOT_TOLD) / (values.cpuCount ?? allocation?.cpu ?? NOT_TOLD);
  put(out, AT.share, share, 1);
  if (interval > LONGEST_BURST_MS || Number.isNaN(share)) return;
  put(out, AT.shareSquared, share * share, 1);
  put(out, AT.quiet, Number(share < QUIET_SHARE), 1);
}

function openingCalls(syscalls: readonly Tally[]): number {
  let total = 0;
  for (const { key, count } of syscalls) if (OPENING.has(key)) total += count;
  return total;
}

function readDisks(disks: readonly DiskUse[], seconds: number, out: Float64Array): void {
  let [reads, writes, flushes, readBytes, writeBytes] = [0, 0, 0, 0, 0];
  for (const disk of disks) {
    reads += disk.reads;
    writes += disk.writes;
    flushes += disk.flushes;
    readBytes += disk.readBytes;
    writeBytes += disk.writeBytes;
  }
  const counts = !((readBytes > 0 && reads === 0) || (writeBytes > 0 && writes === 0));
  put(out, AT.readBytes, readBytes, seconds);
  put(out, AT.writeBytes, writeBytes, seconds);
  put(out, AT.writes, counts ? writes : NEVER_TOLD, counts ? seconds : 1);
  put(out, AT.flushes, counts ? flushes : NEVER_TOLD, counts ? seconds : 1);
}

function readNics(nics: readonly NicUse[], seconds: number, out: Float64Array): void {
  let [rxBytes, txBytes, rxPackets, txPackets] = [0, 0, 0, 0];
  for (const nic of nics) {
    rxBytes += nic.rxBytes;
    txBytes += nic.txBytes;
    rxPackets += nic.rxPackets;
    txPackets += nic.txPackets;
  }
  const counts = !((rxBytes > 0 && rxPackets === 0) || (txBytes > 0 && txPackets === 0));
  put(out, AT.rxBytes, rxBytes, seconds);
  put(out, AT.txBytes, txBytes, seconds);
  put(out, AT.rxPackets, counts ? rxPackets : NEVER_TOLD, counts ? seconds : 1);
  put(out, AT.txPackets, counts ? txPackets : NEVER_TOLD, counts ? seconds : 1);
}

/** An amount per `by`; one that is not known, or is no amount, is not told. */
function put(out: Float64Array, at: number, amount: number | undefined, by: number): void {
  if (amount === undefined) return;
  const rate = amount / by;
  if (rate >= 0 || rate === NEVER_TOLD) out[at] = rate;
}
