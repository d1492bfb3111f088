import type { Bytes, Probability } from '../units.ts';

/** Miss ratio of an LRU cache as a function of its size. */
export interface MissRatioCurve {
  readonly blockBytes: Bytes;
  /** Sizes at which the miss ratio falls, in blocks, rising. */
  readonly blocks: Float64Array;
  /** Miss ratio of a cache of `blocks[i]` blocks, falling. */
  readonly missRatios: Float64Array;
  /** References the curve stands for. */
  readonly references: number;
  /** The miss ratio of a cache of any number of bytes, also between and beyond the points. */
  readonly missRatioAt: (bytes: Bytes) => Probability;
}

/**
 * The curve of a histogram of reuse distances (weights by distance in blocks) of `references` references in all; those that
 * are in no bin came for the first time and miss in every cache (Mattson et al. 1970).
 *
 * Where the weights say more hits than there were references, or less than none, as estimated ones may, the ratio is
 * held between 0 and 1.
 */
export function missRatioCurve(
  weightByDistance: ReadonlyMap<number, number>,
  references: number,
  blockBytes: Bytes,
): MissRatioCurve {
  const blocks = Float64Array.from(weightByDistance.keys()).sort();
  const missRatios = new Float64Array(blocks.length);
  let hits = 0;
  for (let i = 0; i < blocks.length; i += 1) {
    hits += weightByDistance.get(blocks[i] ?? 0) ?? 0;
    const before = missRatios[i - 1] ?? 1;
    missRatios[i] = Math.min(before, Math.max(0, Math.min(1, 1 - hits / references)));
  }
  const missRatioAt = (bytes: Bytes): Probability => {
    const at = upTo(blocks, Math.floor(bytes / blockBytes));
    return at < 0 ? 1 : (missRatios[at] ?? 1);
  };
  return { blockBytes, blocks, missRatios, references, missRatioAt };
}

/** The last index whose value is at most `limit`; -1 when there is none. */
function upTo(values: Float64Array, limit: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Mean absolute difference of two curves over cache sizes from 1 block to where both are flat, evenly in blocks: the figure
 * that the literature on sampled curves states. 0 for two curves without points.
 */
export function meanAbsoluteError(one: MissRatioCurve, other: MissRatioCurve, points = 1000): number {
  const end = Math.max(one.blocks.at(-1) ?? 0, other.blocks.at(-1) ?? 0) * one.blockBytes;
  let sum = 0;
  for (let i = 1; i <= points; i += 1) {
    const bytes = (end * i) / points;
    sum += Math.abs(one.missRatioAt(bytes) - other.missRatioAt(bytes));
  }
  return sum / points;
}
