import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Deltas } from './deltas.ts';
import { ProcFile } from './proc-file.ts';
import type { DiskUse } from '../../lib/core/trace/frame.ts';
import type { CollectorMaker } from './collector.ts';

/** /proc/diskstats counts in sectors of 512 bytes whatever the device's own sector is. */
const SECTOR_BYTES = 512;
/** Its times are milliseconds in 32 bits and start again at 0 after 49 days of I/O. */
const TIME_WRAPS_AT = 2 ** 32;
const MOST_DISKS = 64;

/**
 * Requests, bytes and time per whole disk from /proc/diskstats
 * (https://docs.kernel.org/admin-guide/iostats.html). Partitions, and devices made of other devices (device mapper, RAID,
 * loop, compressed memory), would count the same bytes again and are passed over.
 */
export const disksCollector: CollectorMaker = ({ roots, disks }) => {
  const diskstats = new ProcFile(join(roots.proc, 'diskstats'));
  const deltas = new Deltas();
  const whole = new Map<string, boolean>();
  const isWholeDisk = (name: string) => {
    const before = whole.get(name);
    if (before !== undefined) return before;
    const is = disks?.includes(name) ?? isOwnDisk(join(roots.sys, 'block', name), name);
    whole.set(name, is);
    return is;
  };
  return {
    name: 'disks',
    collect: () => {
      deltas.begin();
      const lines = diskstats
        .read()
        .split('\n')
        .filter((line) => line !== '');
      const rows = lines.map((line) => line.trim().split(/ +/)).filter((cells) => isWholeDisk(cells[2] ?? ''));
      if (rows.length === 0) {
        return { kind: 'noData', because: 'there is no disk of its own here', wants: `a device in ${roots.sys}/block` };
      }
      const used = rows.slice(0, MOST_DISKS).map((cells) => diskUse(cells, deltas));
      return { kind: 'data', disks: used.filter((disk) => disk !== undefined) };
    },
    close: () => {
      diskstats.close();
    },
  };
};

function isOwnDisk(sysPath: string, name: string): boolean {
  if (/^(loop|ram|zram|fd|sr)\d/.test(name) || !existsSync(sysPath)) return false;
  try {
    return readdirSync(join(sysPath, 'slaves')).length === 0;
  } catch {
    return true;
  }
}

/** Use in the interval; undefined for a disk that is new or whose counters were reset. */
function diskUse(cells: readonly string[], deltas: Deltas): DiskUse | undefined {
  const name = cells[2] ?? '';
  const count = (column: number) => deltas.growth(`${name} ${column}`, Number(cells[column]));
  const timeUs = (column: number) => {
    const ms = deltas.growth(`${name} ${column}`, Number(cells[column]), TIME_WRAPS_AT);
    return ms === undefined ? undefined : ms * 1000;
  };
  // columns of the file: 3 reads, 5 sectors, 6 ms; 7 writes, 9 sectors, 10 ms; 12 busy ms, 13 weighted ms; 18 flushes
  const use = {
    reads: count(3),
    writes: count(7),
    // flushes are counted from Linux 5.5 on
    flushes: cells.length > 18 ? count(18) : 0,
    readBytes: count(5),
    writeBytes: count(9),
    readUs: timeUs(6),
    writeUs: timeUs(10),
    busyUs: timeUs(12),
    queueUs: timeUs(13),
  };
  if (Object.values(use).some((value) => value === undefined)) return undefined;
  const complete = use as Omit<DiskUse, 'name'>;
  return {
    name,
    ...complete,
    readBytes: complete.readBytes * SECTOR_BYTES,
    writeBytes: complete.writeBytes * SECTOR_BYTES,
  };
}
