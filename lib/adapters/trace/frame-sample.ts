import type { DiskUse, Frame, NicUse } from '../../core/trace/frame.ts';
import type { Meter } from '../../core/meter.ts';
import { SECOND_MS } from '../../core/units.ts';
import type { TraceSample } from './trace-sample.ts';

/**
 * One recorded frame as a row of a trace CSV: cpu is run time over the interval (wait and steal are demand, not use), memory
 * what is not available, disk and network the sums over devices per second. What the frame does not say is unknown, and so are
 * all rates of an interval of zero.
 */
export function sampleOfFrame({ vm, at, interval, values, disks, nics, allocation }: Frame): TraceSample {
  const perSecond = (amount: number | undefined): number | undefined =>
    amount === undefined || interval === 0 ? undefined : (amount * SECOND_MS) / interval;
  const { cpuRunUs, cpuCount, memoryTotalBytes: total, memoryAvailableBytes: available } = values;
  const memory = total === undefined || available === undefined ? undefined : Math.max(0, total - available);
  const use: readonly (readonly [Meter, number | undefined])[] = [
    ['cpu', perSecond(cpuRunUs === undefined ? undefined : cpuRunUs / 1e6)],
    ['memory', memory],
    ['disk_read', perSecond(sumOf(disks, (disk: DiskUse) => disk.readBytes))],
    ['disk_write', perSecond(sumOf(disks, (disk: DiskUse) => disk.writeBytes))],
    ['net_rx', perSecond(sumOf(nics, (nic: NicUse) => nic.rxBytes))],
    ['net_tx', perSecond(sumOf(nics, (nic: NicUse) => nic.txBytes))],
  ];
  return {
    time: at,
    vm,
    use: known(use),
    capacity: known([
      ['cpu', allocation?.cpu ?? cpuCount],
      ['memory', allocation?.memory ?? total],
    ]),
  };
}

function sumOf<T>(items: readonly T[] | undefined, amount: (item: T) => number): number | undefined {
  return items?.reduce((sum, item) => sum + amount(item), 0);
}

function known<Key extends string>(
  entries: readonly (readonly [Key, number | undefined])[],
): Partial<Record<Key, number>> {
  const result: Partial<Record<Key, number>> = {};
  for (const [key, value] of entries) if (value !== undefined) result[key] = value;
  return result;
}
