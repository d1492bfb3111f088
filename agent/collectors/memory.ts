import { join } from 'node:path';
import { Deltas, known } from './deltas.ts';
import { parseKeyValues } from './key-values.ts';
import { ProcFile } from './proc-file.ts';
import type { CollectorMaker } from './collector.ts';

const KIB = 1024;

/**
 * Memory levels from /proc/meminfo (kB means KiB there) and the counters of faults, refaults, swap and reclaim from
 * /proc/vmstat (pages; mm/vmstat.c). Refaults are pages read back after having been evicted: memory was wanted that was
 * not there. Kernels before 5.9 count them in one number, which is mostly of files.
 */
export const memoryCollector: CollectorMaker = ({ roots, pageSize }) => {
  const meminfo = new ProcFile(join(roots.proc, 'meminfo'));
  const vmstat = new ProcFile(join(roots.proc, 'vmstat'));
  const deltas = new Deltas();
  return {
    name: 'memory',
    collect: () => {
      deltas.begin();
      const levels = parseKeyValues(meminfo.read());
      const counters = parseKeyValues(vmstat.readIfThere() ?? '');
      const bytes = (key: string) => times(levels.get(key), KIB);
      const grown = (key: string) => deltas.growth(key, counters.get(key));
      const faults = grown('pgfault');
      const major = grown('pgmajfault');
      return {
        kind: 'data',
        values: known({
          memoryTotalBytes: bytes('MemTotal'),
          memoryFreeBytes: bytes('MemFree'),
          memoryAvailableBytes: bytes('MemAvailable'),
          memoryCachedBytes: bytes('Cached'),
          memoryAnonBytes: bytes('AnonPages'),
          memoryDirtyBytes: bytes('Dirty'),
          swapTotalBytes: bytes('SwapTotal'),
          swapUsedBytes: difference(bytes('SwapTotal'), bytes('SwapFree')),
          // from Linux 6.18 on
          balloonBytes: bytes('Balloon'),
          swapInBytes: times(grown('pswpin'), pageSize),
          swapOutBytes: times(grown('pswpout'), pageSize),
          minorFaults: difference(faults, major),
          majorFaults: major,
          refaultsFile: grown('workingset_refault_file') ?? grown('workingset_refault'),
          refaultsAnon: grown('workingset_refault_anon'),
          directScans: grown('pgscan_direct'),
          oomKills: grown('oom_kill'),
        }),
      };
    },
    close: () => {
      meminfo.close();
      vmstat.close();
    },
  };
};

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

/** The difference of two counts read one after the other, never below 0; undefined when one is not known. */
function difference(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined || part === undefined ? undefined : Math.max(0, whole - part);
}
