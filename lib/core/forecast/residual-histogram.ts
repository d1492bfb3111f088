import { LEVELS } from './levels.ts';

/**
 * How far demand ends up from a level, in units of a scale: u = (y - level) / scale, counted in 32 buckets that are even
 * in asinh(2u) from u = -0.44 (all below counts there) to u = 45, with weights that halve every 1000 samples. Counts are
 * whole, in 16 bits: a sample weighs BASE * 2^(n / 1000), and when that has doubled, all counts are halved.
 */
const BUCKETS = 32;
const LIFE = 1000;
/** sum of counts <= 2 * BASE * LIFE / ln 2 < 2^16. */
const BASE = Math.floor((65_535 * Math.LN2) / (2 * LIFE));
/** What the n-th sample of a life weighs. */
const WEIGHTS = Uint16Array.from({ length: LIFE }, (_, n) => Math.round(BASE * 2 ** (n / LIFE)));
const FIRST = -0.8;
const WIDTH = 0.1875;
const EDGES = Float64Array.from({ length: BUCKETS + 1 }, (_, i) => Math.sinh(FIRST + i * WIDTH) / 2);
/** The bucket around no residual at all: a constant must not be told from itself by a bucket's width. */
const AROUND_ZERO = Math.floor(-FIRST / WIDTH);
export const RESIDUAL_COUNTS = BUCKETS;

/** Counts residual `u` (any number, infinities too) as the `n`-th of the histogram that begins at `at`. */
export function countResidual(counts: Uint16Array, at: number, u: number, n: number): void {
  const phase = n % LIFE;
  if (phase === 0 && n > 0) for (let i = at; i < at + BUCKETS; i += 1) counts[i] = (counts[i] ?? 0) >> 1;
  const bucket = Math.floor((Math.asinh(2 * u) - FIRST) / WIDTH);
  const to = at + Math.min(BUCKETS - 1, Math.max(0, bucket));
  counts[to] = (counts[to] ?? 0) + (WEIGHTS[phase] ?? 0);
}

/** Writes the residual's quantiles to `out[0 ...]`, interpolated inside a bucket; 0 where nothing was counted. */
export function readResiduals(counts: Uint16Array, at: number, out: Float64Array): void {
  let total = 0;
  for (let i = at; i < at + BUCKETS; i += 1) total += counts[i] ?? 0;
  let above = 0;
  let bucket = BUCKETS - 1;
  for (let q = LEVELS.length - 1; q >= 0; q -= 1) {
    const tail = (1 - (LEVELS[q] ?? 1)) * total;
    let inside = counts[at + bucket] ?? 0;
    while (bucket > 0 && above + inside <= tail) {
      above += inside;
      bucket -= 1;
      inside = counts[at + bucket] ?? 0;
    }
    out[q] = total === 0 ? 0 : between(bucket, inside > 0 ? (tail - above) / inside : 1);
  }
}

/** The residual a share `down` below the upper edge of a bucket. */
function between(bucket: number, down: number): number {
  if (bucket === AROUND_ZERO) return 0;
  const [low, high] = [EDGES[bucket] ?? 0, EDGES[bucket + 1] ?? 0];
  return high - Math.min(1, down) * (high - low);
}
