import { readBlockIo } from '../adapters/trace/block-io.ts';
import { Fault } from '../core/fault.ts';
import type { Bytes, BytesPerSecond, Probability } from '../core/units.ts';
import { PAGE_BYTES, visitBlocks } from '../core/whatif/block-request.ts';
import { ExactMissRatio } from '../core/whatif/exact-miss-ratio.ts';
import type { MissRatioCurve } from '../core/whatif/miss-ratio-curve.ts';
import { SampledMissRatio } from '../core/whatif/sampled-miss-ratio.ts';

/** Blocks that are followed at most: 32 MiB of pages stand for all, in some 2 MB of memory, with an error near 0.01. */
const MOST_BLOCKS = 8192;

/** What a block I/O trace says about caches. */
export interface BlockIo {
  readonly curve: MissRatioCurve;
  readonly requests: number;
  /** From the first to the last request. */
  readonly seconds: number;
  /** Bytes of all pages that requests touched, one reference each. */
  readonly referenced: Bytes;
  readonly isExact: boolean;
}

/** One cache size on a block I/O trace. */
export interface CacheWhatIf {
  readonly cache: Bytes;
  readonly missRatio: Probability;
  /** Page traffic that misses, mean over the trace. */
  readonly missed: BytesPerSecond;
  /** Above what misses in a cache that holds everything: first references. */
  readonly extra: BytesPerSecond;
}

/** Reads a block I/O trace into a miss-ratio curve over pages. Throws as `readBlockIo`, USAGE for a trace without requests. */
export async function blockIoOf(path: string, isExact: boolean): Promise<BlockIo> {
  const curve = isExact ? new ExactMissRatio() : new SampledMissRatio({ rate: 1, mostBlocks: MOST_BLOCKS });
  let requests = 0;
  let [first, last] = [Infinity, -Infinity];
  for await (const some of readBlockIo(path)) {
    for (const request of some) {
      requests += 1;
      first = Math.min(first, request.time);
      last = Math.max(last, request.time);
      visitBlocks(request, PAGE_BYTES, (block) => {
        curve.reference(block);
      });
    }
  }
  if (requests === 0) throw new Fault('USAGE', `${path} has no requests`);
  const made = curve.curve(PAGE_BYTES);
  // A trace of one instant is taken as a second, so that rates are finite.
  const seconds = last > first ? last - first : 1;
  return { curve: made, requests, seconds, referenced: made.references * PAGE_BYTES, isExact };
}

/** What a cache of that size would have missed. */
export function cacheWhatIf({ curve, referenced, seconds }: BlockIo, cache: Bytes): CacheWhatIf {
  const missRatio = curve.missRatioAt(cache);
  const missed = (missRatio * referenced) / seconds;
  return { cache, missRatio, missed, extra: missed - (curve.missRatioAt(Infinity) * referenced) / seconds };
}
