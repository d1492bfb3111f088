import { join } from 'node:path';
import { Deltas } from '../collectors/deltas.ts';
import { ProcFile } from '../collectors/proc-file.ts';
import { parseHistogram } from './histogram.ts';
import { control } from './trace-instance.ts';
import type { TraceInstance } from './trace-instance.ts';

/** Counts of system calls in the interval by number: an exact count, or one scaled up from a sample. */
export interface SyscallCounts {
  readonly total: number;
  readonly byNumber: ReadonlyMap<number, number>;
}

/** A way to count system calls. `read` gives undefined when there is nothing (yet) to compare with. */
export interface SyscallCounter {
  readonly method: 'histogram' | 'sampling';
  read: () => SyscallCounts | undefined;
  close: () => void;
  cost: () => Readonly<Record<string, number>>;
}

/** More kinds than any machine uses; the kernel takes the table's memory at once. */
const HISTOGRAM_SIZE = 512;

/**
 * Counts in the kernel, with a histogram trigger in the private instance: exact, nothing is copied out but the table. The
 * table is never cleared, so that no call falls between reading and clearing. Throws where the kernel has no histogram
 * triggers (CONFIG_HIST_TRIGGERS): the trigger file then refuses the word.
 */
export function syscallHistogram(instance: TraceInstance): SyscallCounter {
  control(join(instance.event, 'trigger'), `hist:keys=id:size=${HISTOGRAM_SIZE}`);
  const file = new ProcFile(join(instance.event, 'hist'));
  const deltas = new Deltas();
  let reads = 0;
  return {
    method: 'histogram',
    read: () => {
      deltas.begin();
      const byNumber = new Map<number, number>();
      let total = 0;
      reads += 1;
      for (const [id, hits] of parseHistogram(file.read())) {
        // a number that was not in the table before had no hits before
        const growth = deltas.growth(String(id), hits) ?? (reads > 1 ? hits : 0);
        byNumber.set(id, growth);
        total += growth;
      }
      return reads > 1 ? { total, byNumber } : undefined;
    },
    close: () => {
      file.close();
    },
    cost: () => ({ reads }),
  };
}
