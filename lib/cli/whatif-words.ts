import type { Meter } from '../core/meter.ts';
import type { PriceList } from '../core/score/comparison.ts';
import type { VmId } from '../core/units.ts';
import type { Agreement } from '../core/whatif/agreement.ts';
import type { SelfConsistency } from '../core/whatif/self-consistency.ts';
import type { Waiting } from '../core/whatif/waiting.ts';
import type { WhatIf } from '../core/whatif/what-if.ts';
import type { BlockIo, CacheWhatIf } from './whatif-block-io.ts';

/** What a replay found for one VM: the trace as it was, then the sizes asked about. */
export interface VmAnswer {
  readonly vm: VmId;
  readonly sizes: readonly WhatIf[];
  readonly selfConsistency: SelfConsistency;
}

/** One column of the table; left out when no size has anything to say in it. */
type Column = readonly [title: string, cell: (answer: WhatIf) => string | undefined];

const COLUMNS: readonly Column[] = [
  ['cpu wait', ({ cpu }) => waits(cpu)],
  ['stalled', ({ cpu }) => cpu && percent(cpu.stallShare)],
  ['cpu short', ({ cpu }) => cpu && minutes(cpu.violationMinutes)],
  ['memory short', ({ memory }) => memory && minutes(memory.violationMinutes)],
  ['out of memory', ({ memory }) => memory && `${memory.outOfMemoryEpisodes} times`],
  ['extra read', ({ memory }) => memory && extra(memory.extraRead)],
  ['disk wait', ({ disk }) => waits(disk)],
  ['net rx wait', ({ netRx }) => waits(netRx)],
  ['net tx wait', ({ netTx }) => waits(netTx)],
  ['USD/month', ({ money }) => money?.perMonth.toFixed(2)],
];

/** A table of the sizes of one VM, then what to know about it. */
export function vmWords({ vm, sizes, selfConsistency }: VmAnswer, prices: PriceList): string {
  const [inForce] = sizes;
  const columns = COLUMNS.filter(([, cell]) => sizes.some((answer) => cell(answer) !== undefined));
  const rows = sizes.map((answer) => [answer.candidate.label, ...columns.map(([, cell]) => cell(answer) ?? '-')]);
  const head = inForce === undefined ? vm : `${vm}: ${inForce.intervals} intervals, ${duration(inForce.seconds)}`;
  return [
    head,
    ...table([['size', ...columns.map(([title]) => title)], ...rows]),
    ...checkWords(selfConsistency),
    ...noteWords(sizes, prices),
    '',
  ].join('\n');
}

/** A table of cache sizes on a block I/O trace. */
export function cacheWords(
  { requests, seconds, referenced, isExact }: BlockIo,
  caches: readonly CacheWhatIf[],
): string {
  const rows = caches.map(({ cache, missRatio, missed, extra: more }) => [
    bytes(cache),
    missRatio.toFixed(4),
    `${bytes(missed)}/s`,
    `${bytes(more)}/s`,
  ]);
  return [
    `${requests} requests in ${duration(seconds)}, ${bytes(referenced)} of pages referenced, ${isExact ? 'exact' : 'sampled'} LRU miss ratios`,
    ...table([['cache', 'miss ratio', 'missed', 'above first reads'], ...rows]),
    '',
  ].join('\n');
}

const KINDS: Readonly<Record<keyof SelfConsistency, string>> = {
  cpuStall: 'share of time stalled for cpu',
  cpuWaiting: 'tasks waiting for cpu',
  diskQueue: 'disk requests in the queue',
};

/** How far the replay at the size in force is off; that it cannot be known where nothing was measured. */
function checkWords(consistency: SelfConsistency): string[] {
  const found = Object.entries(consistency) as [keyof SelfConsistency, Agreement][];
  if (found.length === 0)
    return ['check: this trace measured no waiting (a CSV has none), so what is said about waiting is not checked'];
  return found.map(([kind, { intervals, predictedMean, measuredMean, relativeError, rankCorrelation }]) => {
    const error = relativeError === undefined ? '' : `, ${percent(relativeError)} off`;
    const rank = rankCorrelation === undefined ? '' : `, rank correlation ${rankCorrelation.toFixed(2)}`;
    const means = `${predictedMean.toFixed(4)} replayed, ${measuredMean.toFixed(4)} measured`;
    return `check at the size in force, ${intervals} intervals, each from those before it: ${KINDS[kind]} ${means}${error}${rank}`;
  });
}

function noteWords(sizes: readonly WhatIf[], prices: PriceList): string[] {
  const notes = [...cappedWords(sizes[0]), ...sizes.flatMap(unservedWords)];
  if (sizes.some(({ cpu }) => cpu?.stallFrom === 'prior'))
    notes.push('stalled: by the mean of other workloads, this trace measured no stalls');
  if (sizes.some(({ memory }) => memory?.extraReadFrom === 'bounds' && memory.extraRead[1] > 0))
    notes.push(
      'extra read: from nothing of it to all that has no room; --block-io gives miss ratios, the disk is told the most',
    );
  if (sizes.some(({ money }) => money !== undefined)) notes.push(`prices: ${prices.source}, ${prices.date}`);
  return notes;
}

function cappedWords(inForce: WhatIf | undefined): string[] {
  const shares = Object.entries(inForce?.cappedShare ?? {}) as [Meter, number][];
  return shares.map(
    ([meter, share]) =>
      `${meter} was at its limit ${percent(share)} of the time: waiting at smaller sizes is a lower bound`,
  );
}

/** Which queues were still long at the end: their delays are those of work that nobody waited for any more. */
function unservedWords({ candidate: { label }, cpu, disk, netRx, netTx }: WhatIf): string[] {
  return Object.entries({ cpu, disk, net_rx: netRx, net_tx: netTx }).flatMap(([name, waiting]) => {
    const share = waiting?.unservedShare ?? 0;
    return share > 0.01 ? [`${label}: ${percent(share)} of the ${name} work still waits at the end`] : [];
  });
}

const waits = (waiting: Waiting | undefined): string | undefined =>
  waiting && `${duration(waiting.meanSeconds)}, p99 ${duration(waiting.p99Seconds)}`;

function extra([low, high]: readonly [number, number]): string {
  if (low === high) return `${bytes(low)}/s`;
  return `0 to ${bytes(high)}/s`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const minutes = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} min`;

/** Two or three digits and a unit: 0 s, 42 us, 3.1 ms, 12 s, 4.5 min, 2.0 h, 3.1 d. */
function duration(seconds: number): string {
  const [size, unit] = DURATIONS.find(([least]) => seconds >= least) ?? [Infinity, 's'];
  const value = seconds / size;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)} ${unit}`;
}

const DURATIONS: readonly (readonly [least: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'us'],
];

/** Binary units, with the sign; of bytes, or of bytes per second. */
function bytes(value: number): string {
  const [size, unit] = BYTES.find(([least]) => Math.abs(value) >= least) ?? [1, 'B'];
  const scaled = value / size;
  return `${size === 1 || Math.abs(scaled) >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)} ${unit}`;
}

const BYTES: readonly (readonly [least: number, unit: string])[] = [
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
];

/** The first column to the left, all others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
