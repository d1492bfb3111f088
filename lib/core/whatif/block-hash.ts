/** Hashes are whole numbers below this. */
export const HASH_RANGE = 2 ** 32;

/**
 * The place of a block in the sample order, from 0 to 2^32 - 1: blocks are sampled when it is below a threshold, so that a
 * block is always or never in the sample. Finaliser of MurmurHash3 (Appleby, public domain) over the high, then the low 32
 * bits of the block's number (whole, up to 2^53 - 1). It takes no seed: the same trace gives the same curve everywhere.
 */
export function hashOfBlock(block: number): number {
  const low = block >>> 0;
  const high = Math.floor(block / HASH_RANGE);
  return mix(low ^ mix(high ^ 0x9e3779b9)) >>> 0;
}

function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
