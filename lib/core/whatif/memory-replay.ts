import type { MissRatioCurve } from './miss-ratio-curve.ts';
import { MINUTE_MS, type Bytes, type BytesPerSecond } from '../units.ts';
import type { DiskWork, MemoryNeed } from './interval.ts';

/** What one interval would have been like with another amount of memory. */
export interface MemoryStep {
  /** Bytes that cannot be dropped and do not fit: an out-of-memory kill, or paging where there is swap. */
  readonly short: Bytes;
  /** Bytes per second read again because the page cache is smaller: at least and at most; negative where less is read. */
  readonly extraRead: readonly [low: BytesPerSecond, high: BytesPerSecond];
  /** Whether an out-of-memory episode starts here. */
  readonly isEpisode: boolean;
}

/** How often a page of unknown age is taken to be read again at most, where the trace has no ages. A judgement. */
const REREAD_SECONDS = MINUTE_MS / 1000;

/** Memory at another size: what does not fit, and what a smaller or larger page cache means for the disk. */
export class MemoryReplay {
  readonly #curve: MissRatioCurve | undefined;
  #isShort = false;

  /** `curve`: miss ratio of what goes through the page cache, by its size; without it, bounds are given. */
  constructor(curve: MissRatioCurve | undefined) {
    this.#curve = curve;
  }

  step(
    need: MemoryNeed,
    { size, inForce }: { size: Bytes; inForce: Bytes | undefined },
    work: DiskWork | undefined,
  ): MemoryStep {
    const short = Math.max(0, need.mustHave - size);
    const isEpisode = short > 0 && !this.#isShort;
    this.#isShort = short > 0;
    return { short, extraRead: this.#extraRead(need, { size, inForce }, work), isEpisode };
  }

  #extraRead(
    need: MemoryNeed,
    { size, inForce }: { size: Bytes; inForce: Bytes | undefined },
    work: DiskWork | undefined,
  ): readonly [number, number] {
    const read = work === undefined || Number.isNaN(work.read) ? 0 : work.read;
    if (this.#curve === undefined || inForce === undefined) return [0, rereadAtMost(need, size)];
    // What is read is what misses in the cache in force: the same references miss more, or less, often in another.
    const present = this.#curve.missRatioAt(Math.max(0, inForce - need.mustHave));
    const wanted = this.#curve.missRatioAt(Math.max(0, size - need.mustHave));
    const extra = present > 0 ? read * (wanted / present - 1) : 0;
    return [extra, extra];
  }
}

/**
 * The most that could be read again: under LRU a page last used between two ages ago comes again at most every younger age,
 * and it misses when the pages used since do not fit. Pages without ages are taken to come again once a minute. The least
 * is 0: nothing of what is dropped may ever be used again.
 */
function rereadAtMost({ mustHave, cached, ages }: MemoryNeed, size: Bytes): BytesPerSecond {
  const missing = Math.min(cached, Math.max(0, mustHave + cached - size));
  if (missing === 0) return 0;
  if (ages.length === 0) return missing / REREAD_SECONDS;
  let [left, rate] = [missing, 0];
  // The oldest pages are dropped first.
  const oldestFirst = [...ages].sort((a, b) => b.ageMs - a.ageMs);
  for (const [at, { bytes }] of oldestFirst.entries()) {
    const dropped = Math.min(left, bytes);
    const younger = oldestFirst[at + 1]?.ageMs ?? 1000;
    rate += dropped / (Math.max(1000, younger) / 1000);
    left -= dropped;
  }
  return rate + left / REREAD_SECONDS;
}
