import type { Worth } from './comparison.ts';
import type { KnownSamples } from './known-samples.ts';

/** Figures of one setting, in this order, in `SizeScore.worth`; `capacity` is the mean size, in the meter's unit. */
export const FIGURES = [
  'violationRate',
  'unserved',
  'slack',
  'relativeSlack',
  'changesPerVmDay',
  'capacity',
] as const satisfies readonly (Exclude<keyof Worth, 'cost'> | 'capacity')[];

/** Buckets of B / A: up to 0.01 s, then each 1.25 times as long, the last from 1e6 s on. */
export const BACKLOG_BUCKETS = 84;
const BACKLOG_FIRST = 0.01;
const BACKLOG_RATIO = 1.25;

/** VMs with fewer scored samples, or without any demand, say nothing. */
const LEAST_SAMPLES = 10;
/** Numbers that differ by rounding alone are equal. */
const SAME = 1 + 1e-9;
const DAY_SECONDS = 86_400;

/** What the sizes of one rule were worth on one VM, setting after setting. */
export interface SizeScore {
  /** `FIGURES.length` numbers for each setting. */
  readonly worth: Float64Array;
  /** `BACKLOG_BUCKETS` counts of samples for each setting. */
  readonly backlog: Uint32Array;
}

/** Sizes of one rule: that of decision i at setting k is `sizes[k * stride + i]`, NaN for none. */
export interface SizeTable {
  readonly settings: number;
  readonly sizes: Float64Array;
  readonly stride: number;
  /** For each sample the decision in force, -1 for none. */
  readonly decision: Int32Array;
}

/** Samples that count and their demand; undefined when the VM says nothing. */
export function scoredDemand({ demand, from, seen }: KnownSamples): { samples: number; demand: number } | undefined {
  let [samples, sum] = [0, 0];
  for (let i = from; i < demand.length; i += 1) {
    if ((seen[i] ?? -1) < 0) continue;
    samples += 1;
    sum += demand[i] ?? 0;
  }
  return samples >= LEAST_SAMPLES && sum > 0 ? { samples, demand: sum } : undefined;
}

/**
 * Scores each setting of a rule against the demand:
 *
 *   violation rate  share of samples with D > A        unserved  sum (D - A)+ / sum D
 *   slack           sum (A - D)+ / sum D               relative slack  sum (A - D)+ / sum A
 *   backlog         B = max(0, B + (D - A) dt), counted as B / A in seconds
 */
export function scoreSizes(samples: KnownSamples, table: SizeTable): SizeScore {
  const worth = new Float64Array(table.settings * FIGURES.length);
  const backlog = new Uint32Array(table.settings * BACKLOG_BUCKETS);
  for (let k = 0; k < table.settings; k += 1) {
    const counts = backlog.subarray(k * BACKLOG_BUCKETS, (k + 1) * BACKLOG_BUCKETS);
    worth.set(
      scoreSetting(samples, { ...table, sizes: table.sizes.subarray(k * table.stride) }, counts),
      k * FIGURES.length,
    );
  }
  return { worth, backlog };
}

function scoreSetting(
  { demand, from, step }: KnownSamples,
  { sizes, decision }: SizeTable,
  backlogCounts: Uint32Array,
): number[] {
  const seconds = step / 1000;
  let samples = 0;
  let violations = 0;
  let wanted = 0;
  let unserved = 0;
  let capacity = 0;
  let changes = 0;
  let backlog = 0;
  let before = Number.NaN;
  for (let i = from; i < demand.length; i += 1) {
    const size = sizes[decision[i] ?? -1] ?? Number.NaN;
    if (Number.isNaN(size)) continue;
    const d = demand[i] ?? 0;
    samples += 1;
    wanted += d;
    capacity += size;
    if (d > size) unserved += d - size;
    if (d > size * SAME + 1e-12) violations += 1;
    if (Math.abs(size - before) > 1e-9 * Math.max(size, 1e-9)) changes += 1;
    before = size;
    backlog = Math.max(0, backlog + (d - size) * seconds);
    countBacklog(backlogCounts, backlog === 0 ? 0 : backlog / size);
  }
  const slack = capacity - wanted + unserved;
  return [
    violations / samples,
    unserved / wanted,
    slack / wanted,
    slack / Math.max(capacity, 1e-12),
    (changes * DAY_SECONDS) / (samples * seconds),
    capacity / samples,
  ];
}

function countBacklog(counts: Uint32Array, seconds: number): void {
  const above = Math.floor(Math.log(seconds / BACKLOG_FIRST) / Math.log(BACKLOG_RATIO));
  const bucket = seconds <= BACKLOG_FIRST ? 0 : Math.min(BACKLOG_BUCKETS - 1, 1 + above);
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

/**
 * Seconds of backlog below which a share of all samples stays, by bucket shares that add up to 1: exact to a quarter, 0
 * for at most 0.01 s, at most 1e6.
 */
export function backlogQuantile(shares: Float64Array, level: number): number {
  let below = 0;
  for (let bucket = 0; bucket < BACKLOG_BUCKETS; bucket += 1) {
    below += shares[bucket] ?? 0;
    // Shares are sums of fractions: the last bit must not push the level into the next bucket.
    if (below >= level - 1e-12) return bucket === 0 ? 0 : Math.min(1e6, BACKLOG_FIRST * BACKLOG_RATIO ** bucket);
  }
  return 1e6;
}
