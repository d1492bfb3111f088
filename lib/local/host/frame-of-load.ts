import type { Allocation } from '../../core/meter.ts';
import type { DiskUse, Frame, FrameValues, NicUse } from '../../core/trace/frame.ts';
import type { DurationMs, EpochMs, VmId } from '../../core/units.ts';
import type { LoadSums, Served } from './vm-load.ts';

export interface FrameOptions {
  readonly vm: VmId;
  readonly at: EpochMs;
  readonly interval: DurationMs;
  /** vCPUs that the guest sees; the limit caps their running time. */
  readonly vcpus: number;
  readonly allocation: Allocation;
}

const REQUEST_BYTES = 64 * 1024;
const PACKET_BYTES = 1448;
const PAGE_BYTES = 4096;
const SWAP_TOTAL_BYTES = 8 * 1024 ** 3;
/** Share of the swapped bytes that a guest touches in a second: they go in and out again. */
const SWAP_TOUCHED = 0.1;
/** Stalls grow twice as fast as the share of memory that is missing, up to nearly all of the time. */
const MAX_STALL = 0.9;

/**
 * The frame that a host would send for what its VM did: run time, waiting, pressure, queues and swap that fit each other.
 * Rates are the means over the recorded seconds of the interval. Fields that the model knows nothing about (system
 * calls, exits, cache misses) are left out.
 */
export function frameOfLoad(load: LoadSums, { vm, at, interval, vcpus, allocation }: FrameOptions): Frame {
  const us = interval * 1000;
  const scale = load.seconds > 0 ? 1 / load.seconds : 0;
  const { disk_read: reads, disk_write: writes, net_rx: rx, net_tx: tx } = load.served;
  const hasDisk = reads !== undefined || writes !== undefined;
  const hasNic = rx !== undefined || tx !== undefined;
  return {
    vm,
    at,
    interval,
    values: {
      ...cpuValues(load, us, vcpus),
      ...memoryValues(load, interval, allocation.memory),
      ...(hasDisk && ioPressure(Math.max(reads?.short ?? 0, writes?.short ?? 0) * scale, us)),
    },
    ...(hasDisk && { disks: [diskOf(reads, writes, { scale, us })] }),
    ...(hasNic && { nics: [nicOf(rx, tx, { scale, us })] }),
    allocation,
  };
}

function cpuValues({ served, seconds }: LoadSums, us: number, vcpus: number): FrameValues {
  const { cpu } = served;
  if (cpu === undefined || seconds === 0) return {};
  return {
    cpuCount: vcpus,
    cpuRunUs: Math.round((cpu.done / seconds) * us),
    cpuWaitUs: Math.round((cpu.waiting / seconds) * us),
    runnableTasks: Math.floor((cpu.done + cpu.waiting) / seconds),
    cpuSomeUs: Math.round((cpu.short / seconds) * us),
  };
}

function memoryValues({ memory, seconds }: LoadSums, interval: DurationMs, limit: number | undefined): FrameValues {
  if (memory === undefined || limit === undefined || seconds === 0) return {};
  const wanted = memory.wanted / seconds;
  const beyond = Math.min(memory.beyond / seconds, SWAP_TOTAL_BYTES);
  const available = Math.round(Math.max(0, limit - wanted));
  const swapped = Math.round((beyond * SWAP_TOUCHED * interval) / 1000);
  const stalled = Math.round(Math.min(MAX_STALL, (2 * beyond) / limit) * interval * 1000);
  return {
    memoryTotalBytes: limit,
    memoryFreeBytes: available,
    memoryAvailableBytes: available,
    swapTotalBytes: SWAP_TOTAL_BYTES,
    swapUsedBytes: Math.round(beyond),
    swapInBytes: swapped,
    swapOutBytes: swapped,
    majorFaults: Math.round(swapped / PAGE_BYTES),
    refaultsAnon: Math.round(swapped / PAGE_BYTES),
    memorySomeUs: stalled,
    memoryFullUs: Math.round(stalled / 2),
  };
}

const ioPressure = (short: number, us: number): FrameValues => ({
  ioSomeUs: Math.round(short * us),
  ioFullUs: Math.round((short * us) / 2),
});

interface Scaling {
  /** 1 / recorded seconds. */
  readonly scale: number;
  /** The frame's interval. */
  readonly us: number;
}

function diskOf(reads: Served | undefined, writes: Served | undefined, { scale, us }: Scaling): DiskUse {
  const side = (served: Served | undefined) => {
    const bytes = Math.round(((served?.done ?? 0) * scale * us) / 1e6);
    // Little's law: requests in the queue or the device, as a mean over the interval.
    const queued = ((served?.waiting ?? 0) * scale) / REQUEST_BYTES + (served?.busy ?? 0) * scale;
    return {
      bytes,
      requests: Math.ceil(bytes / REQUEST_BYTES),
      queueUs: Math.round(queued * us),
      busy: (served?.busy ?? 0) * scale,
    };
  };
  const read = side(reads);
  const write = side(writes);
  return {
    name: 'vda',
    reads: read.requests,
    writes: write.requests,
    flushes: 0,
    readBytes: read.bytes,
    writeBytes: write.bytes,
    readUs: read.queueUs,
    writeUs: write.queueUs,
    busyUs: Math.round(Math.min(1, Math.max(read.busy, write.busy)) * us),
    queueUs: read.queueUs + write.queueUs,
  };
}

function nicOf(rx: Served | undefined, tx: Served | undefined, { scale, us }: Scaling): NicUse {
  const amount = (sum = 0): number => Math.round((sum * scale * us) / 1e6);
  return {
    name: 'eth0',
    rxBytes: amount(rx?.done),
    rxPackets: Math.ceil(amount(rx?.done) / PACKET_BYTES),
    rxDrops: Math.ceil(amount(rx?.lost) / PACKET_BYTES),
    txBytes: amount(tx?.done),
    txPackets: Math.ceil(amount(tx?.done) / PACKET_BYTES),
    txDrops: Math.ceil(amount(tx?.lost) / PACKET_BYTES),
  };
}
