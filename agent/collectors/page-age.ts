import { join } from 'node:path';
import { isAbsent, ProcFile } from './proc-file.ts';
import type { AgeBand } from '../../lib/core/trace/frame.ts';
import type { DurationMs } from '../../lib/core/units.ts';
import type { CollectorMaker, Outcome } from './collector.ts';

/** Upper ends of the bands; what is older is in the last. */
const BAND_ENDS_MS: readonly DurationMs[] = [1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];
/** Ages move slowly and the file grows with the number of control groups. */
const READ_EVERY_MS: DurationMs = 10_000;

/**
 * Memory by time since it was last touched, from the generations of the multi-gen LRU
 * (https://docs.kernel.org/admin-guide/mm/multigen_lru.html, /sys/kernel/debug/lru_gen). Generations are only read, never
 * made, so that reclaim goes on as it would; on a machine without memory pressure they are therefore few and old.
 *
 * Other ways to the same figures are left alone: clearing referenced bits (clear_refs, idle page tracking) costs the
 * workload faults and time, and DAMON may belong to somebody else on the machine.
 */
export const pageAgeCollector: CollectorMaker = ({ roots, interval, pageSize }) => {
  const file = new ProcFile(join(roots.sys, 'kernel', 'debug', 'lru_gen'));
  const every = Math.max(1, Math.round(READ_EVERY_MS / interval));
  let calls = 0;
  let absent: Outcome | undefined;
  return {
    name: 'page-age',
    collect: () => {
      if (absent !== undefined) return absent;
      if (calls++ % every !== 0) return { kind: 'data' };
      try {
        return { kind: 'data', ages: parseGenerations(file.read(), pageSize) };
      } catch (error) {
        absent = noGenerations(error);
        if (absent === undefined) throw error;
        return absent;
      }
    },
    close: () => {
      file.close();
    },
  };
};

function noGenerations(error: unknown): Outcome | undefined {
  const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
  if (!denied && !isAbsent(error)) return undefined;
  return {
    kind: 'noData',
    because: denied ? 'the multi-gen LRU may not be read' : 'the kernel shows no multi-gen LRU',
    wants: 'root, debugfs at /sys/kernel/debug, and Linux 6.1 or newer with CONFIG_LRU_GEN switched on',
  };
}

/**
 * Lines of `generation age_ms anon_pages file_pages` under each `memcg` and `node` (mm/vmscan.c, lru_gen_seq_show). A page
 * is in the generation that was the youngest when it was last seen to be touched: not longer ago than that one's age.
 */
function parseGenerations(text: string, pageSize: number): readonly AgeBand[] {
  const bytes = BAND_ENDS_MS.map(() => 0);
  for (const line of text.split('\n')) {
    const [generation, ageMs, anon, file] = line
      .trim()
      .split(/ +/)
      .map((cell) => Number.parseInt(cell, 10));
    if (generation === undefined || Number.isNaN(generation) || ageMs === undefined) continue;
    const end = BAND_ENDS_MS.findIndex((bandEnd) => ageMs <= bandEnd);
    const band = end === -1 ? BAND_ENDS_MS.length - 1 : end;
    bytes[band] = (bytes[band] ?? 0) + ((anon ?? 0) + (file ?? 0)) * pageSize;
  }
  return BAND_ENDS_MS.map((ageMs, band) => ({ ageMs, bytes: bytes[band] ?? 0 })).filter((band) => band.bytes > 0);
}
