import type { Meter, PerMeter } from '../meter.ts';
import type { DiskUse, Frame, FrameValues, NicUse } from './frame.ts';
import type { DurationMs, EpochMs, VmId } from '../units.ts';

/** One row of a trace CSV: mean use since the row before, in each meter's unit, and the capacity the VM had. */
export interface UseSample {
  readonly time: EpochMs;
  readonly vm: VmId;
  readonly use: PerMeter;
  readonly capacity: PerMeter;
}

/**
 * The frame that a host would have sent for a row of use: what the backtest replays. Rates become amounts of the
 * interval; they are not rounded, so that use in and use out agree. `interval` in ms, above 0. The unknown side of a disk
 * or NIC is NaN, which demand leaves out (such a frame never goes on the wire). Memory without a known capacity is put
 * into twice as much, so that it does not look short.
 */
export function frameOfSample({ time, vm, use, capacity }: UseSample, interval: DurationMs): Frame {
  const seconds = interval / 1000;
  const disks = hasAny(use, 'disk_read', 'disk_write') ? [diskOf(use, seconds)] : undefined;
  const nics = hasAny(use, 'net_rx', 'net_tx') ? [nicOf(use, seconds)] : undefined;
  return {
    vm,
    at: time,
    interval,
    values: { ...cpuOf(use, interval), ...memoryOf(use, capacity) },
    ...(disks !== undefined && { disks }),
    ...(nics !== undefined && { nics }),
    allocation: capacity,
  };
}

const hasAny = (use: PerMeter, a: Meter, b: Meter): boolean => use[a] !== undefined || use[b] !== undefined;

const cpuOf = (use: PerMeter, interval: DurationMs): FrameValues =>
  use.cpu === undefined ? {} : { cpuRunUs: use.cpu * interval * 1000 };

function memoryOf(use: PerMeter, capacity: PerMeter): FrameValues {
  if (use.memory === undefined) return {};
  const total = Math.max(use.memory, capacity.memory ?? 2 * use.memory);
  return { memoryTotalBytes: total, memoryAvailableBytes: total - use.memory };
}

const diskOf = (use: PerMeter, seconds: number): DiskUse => ({
  name: 'all',
  reads: 0,
  writes: 0,
  flushes: 0,
  readBytes: (use.disk_read ?? Number.NaN) * seconds,
  writeBytes: (use.disk_write ?? Number.NaN) * seconds,
  readUs: 0,
  writeUs: 0,
  busyUs: 0,
  queueUs: 0,
});

const nicOf = (use: PerMeter, seconds: number): NicUse => ({
  name: 'all',
  rxBytes: (use.net_rx ?? Number.NaN) * seconds,
  rxPackets: 0,
  rxDrops: 0,
  txBytes: (use.net_tx ?? Number.NaN) * seconds,
  txPackets: 0,
  txDrops: 0,
});
