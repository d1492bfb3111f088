/**
 * Learns the fleet priors and writes their tables: `node test/bench/learn-prior.ts FOLDER [RESOURCE...]`, where FOLDER holds the
 * sets below as folders of trace CSV; all four resources when none is named. Only every second VM of a set, by sorted file name, is
 * looked at: the others are for judging. Some four minutes of processor time for each; the same traces give the same tables.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../../lib/adapters/trace/csv.ts';
import type { PriorTable } from '../../lib/core/forecast/prior.ts';
import type { Steps } from '../../lib/core/forecast/steps.ts';
import { METERS, RESOURCE_OF, RESOURCES, type Meter, type Resource } from '../../lib/core/meter.ts';
import { chance, learnPrior, type RowSet } from './prior-network.ts';
import { rowsOf, type Use } from './prior-rows.ts';

const tableOf = (resource: Resource): URL => new URL(`../../lib/core/forecast/priors/${resource}.ts`, import.meta.url);

/** How much a set counts, and the windows that it is mostly learnt for. */
interface TraceSet {
  readonly weight: number;
  readonly windows: readonly Steps[];
}

const NEXT: readonly Steps[] = [{ lead: 1, hold: 1 }];
const SECONDS: readonly Steps[] = [
  { lead: 5, hold: 1 },
  { lead: 5, hold: 5 },
];
const SETS: Readonly<Record<string, TraceSet>> = {
  'bitbrains-fastStorage': { weight: 1, windows: NEXT },
  'bitbrains-rnd': { weight: 0.6, windows: NEXT },
  azure160: { weight: 0.7, windows: NEXT },
  gocrane1m: { weight: 0.3, windows: NEXT },
  planetlab: { weight: 0.5, windows: NEXT },
  'onesec-exathlon': { weight: 0.6, windows: SECONDS },
  'onesec-percona_ec2': { weight: 0.3, windows: SECONDS },
  'onesec-percona_threadpool': { weight: 0.5, windows: SECONDS },
  'onesec-dbsherlock': { weight: 0.2, windows: SECONDS },
};
/** A fifth of every meter's rows are for one of these, so that the prior knows other horizons than the usual. */
const OTHERS: readonly Steps[] = [
  { lead: 1, hold: 1 },
  { lead: 1, hold: 5 },
  { lead: 5, hold: 1 },
  { lead: 5, hold: 5 },
  { lead: 1, hold: 12 },
  { lead: 12, hold: 12 },
  { lead: 5, hold: 30 },
  { lead: 1, hold: 60 },
];
const OTHERS_SHARE = 0.2;
const ROWS = 5000;
const LEAST_SAMPLES = 80;
const OPTIONS = { hidden: 32, batches: 60_000, batch: 512, rate: 0.004 };

/** The known samples of one meter, and the usual time between them. */
function useOf({ times, meters }: TraceSeries, meter: Meter): Use | undefined {
  const values = meters[meter];
  if (values === undefined) return undefined;
  const known = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]!));
  if (known.length < LEAST_SAMPLES) return undefined;
  const gaps = Array.from({ length: 49 }, (_, i) => times[i + 1]! - times[i]!).sort((a, b) => a - b);
  return {
    times: Float64Array.from(known, (i) => times[i]!),
    values: Float64Array.from(known, (i) => values[i]!),
    step: gaps[24]!,
  };
}

/**
 * How much the meters of other resources count. The processors of some seventy VMs at one second are too few to learn bursts from:
 * what those have in common is learnt from all meters.
 */
const OTHERS_COUNT: Readonly<Record<Resource, number>> = { cpu: 0.5, memory: 0, disk: 0, network: 0 };

/** Levels shift too seldom in traces to learn what is left of a memory then: this share of all rows is of shifted copies. */
const SHIFTED_SHARE = 0.25;
const LEAST_STRETCH = 130;
const MORE_STRETCH = 270;
const FACTORS = [0.2, 0.5, 1, 2, 5];

/** A copy whose level is another one every 130 to 400 samples. */
function shifted({ times, values, step }: Use, next: () => number): Use {
  let [factor, left] = [1, LEAST_STRETCH * next()];
  const copy = values.map((value) => {
    left -= 1;
    if (left < 0) {
      factor = FACTORS[Math.floor(next() * FACTORS.length)]!;
      left = LEAST_STRETCH + MORE_STRETCH * next();
    }
    return value * factor;
  });
  return { times, values: copy, step };
}

/** What is learnt from, and the generator that picks it. */
interface Course {
  readonly resource: Resource;
  readonly windows: readonly Steps[];
  readonly next: () => number;
}

function rowSetsOf(series: TraceSeries, { resource, windows, next }: Course): RowSet[] {
  const sets: RowSet[] = [];
  for (const meter of METERS) {
    const counts = RESOURCE_OF[meter] === resource ? 1 : OTHERS_COUNT[resource];
    const use = useOf(series, meter);
    if (use === undefined || counts === 0) continue;
    const other = OTHERS[Math.floor(next() * OTHERS.length)]!;
    const share = (1 - OTHERS_SHARE) / windows.length;
    const uses = [
      [use, 1 - SHIFTED_SHARE],
      [shifted(use, next), SHIFTED_SHARE],
    ] as const;
    for (const [steps, part] of [...windows.map((one) => [one, share] as const), [other, OTHERS_SHARE] as const]) {
      for (const [one, weight] of uses) {
        const rows = rowsOf(one, steps, { most: ROWS * part * weight, next });
        if (rows.length > 0) sets.push({ rows, weight: part * weight * counts });
      }
    }
  }
  return sets;
}

async function rowSetsIn(folder: string, weight: number, course: Course): Promise<RowSet[]> {
  const files = (await traceFilesOf(folder)).filter((_, i) => i % 2 === 0);
  const sets: RowSet[] = [];
  for (const file of files)
    for (const series of (await readTraceSeries(file)).values()) sets.push(...rowSetsOf(series, course));
  const total = sets.reduce((sum, set) => sum + set.weight, 0);
  return sets.map((set) => ({ ...set, weight: (set.weight / total) * weight }));
}

const textOf = (table: PriorTable): string =>
  [
    "import type { PriorTable } from '../prior.ts';",
    '',
    '/** Written by test/bench/learn-prior.ts; what it was learnt from is in docs/forecasting.md. */',
    `export const PRIOR: PriorTable = ${JSON.stringify(table)};`,
    '',
  ].join('\n');

async function learn(folder: string, resource: Resource): Promise<void> {
  const next = chance(7);
  const sets: RowSet[] = [];
  for (const [name, { weight, windows }] of Object.entries(SETS)) {
    sets.push(...(await rowSetsIn(join(folder, name), weight, { resource, windows, next })));
    process.stdout.write(`${resource}: ${name}\n`);
  }
  const table = learnPrior(sets, OPTIONS, (done, loss) =>
    process.stdout.write(`${resource}: ${done} batches, loss ${loss.toFixed(4)}\n`),
  );
  await writeFile(tableOf(resource), textOf(table));
}

const [folder, ...named] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of the trace sets');
const unknown = named.find((name) => !RESOURCES.some((resource) => resource === name));
if (unknown !== undefined) throw new Error(`got "${unknown}", wanted some of ${RESOURCES.join(', ')}`);
for (const resource of RESOURCES) {
  if (named.length === 0 || named.includes(resource)) await learn(folder, resource);
}
