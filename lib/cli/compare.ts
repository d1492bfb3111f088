import { stat, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { traceFilesOf } from '../adapters/trace/csv.ts';
import { Fault, messageOf } from '../core/fault.ts';
import { METERS, type Meter } from '../core/meter.ts';
import { withPeers, type CompareTerms, type VmPeers } from '../core/score/compare-vm.ts';
import { compareSet, withCharts, type SetFindings } from '../core/score/compare-set.ts';
import type { Comparison, PriceList, SetComparison } from '../core/score/comparison.ts';
import type { Probability } from '../core/units.ts';
import { comparePool, type ComparePool } from './compare-pool.ts';
import { readPrices } from './price-list.ts';
import { everyFew, setTimes, type TimeOptions } from './compare-terms.ts';
import { setWords } from './compare-words.ts';
import { traceProgress, type ProgressStream } from './backtest-traces.ts';

/** What `shadowcast backtest --compare` is told. */
export interface CompareOptions extends TimeOptions {
  /** Files or folders, with commas between them: each is a set. */
  readonly trace: string;
  readonly meters?: string;
  readonly vms?: string;
  readonly vm?: string;
  readonly prices?: string;
  readonly workers: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly outJson?: string;
}

/** Our knob: falling risks, wide enough to bracket violation rates of 5 and of 1 %. */
const RISKS: readonly Probability[] = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002];

/** Where a comparison is told about. */
export interface CompareStreams {
  readonly out: NodeJS.WritableStream;
  readonly errors: ProgressStream;
}

/**
 * Runs every rule on every set, prints a table for each set as soon as it is done (or all as JSON), and writes the files asked
 * for. Throws Fault USAGE.
 */
export async function compare(options: CompareOptions, { out, errors }: CompareStreams): Promise<Comparison> {
  const startedAt = performance.now();
  const usage = process.cpuUsage();
  const prices = await readPrices(options.prices);
  const meters = parseMeters(options.meters);
  const paths = options.trace.split(',').map((path) => path.trim());
  const pool = comparePool(parseCount(options.workers, '--workers', 0));
  const sets: SetComparison[] = [];
  try {
    for (const [index, path] of paths.entries()) {
      const files = await traceFilesOf(path);
      const times = await setTimes(options, { index, sets: paths.length, files });
      const terms: CompareTerms = { horizon: times, warmUp: times.warmUp, risks: RISKS, meters };
      const set = await runSet({ path, files, terms, prices }, options, { pool, errors });
      sets.push(set);
      if (options.json !== true) out.write(`${setWords(set)}\n`);
    }
  } finally {
    await pool.close();
  }
  const { user, system } = process.cpuUsage(usage);
  const comparison: Comparison = {
    format: 1,
    command: commandOf(options),
    seconds: (performance.now() - startedAt) / 1000,
    processorSeconds: (user + system) / 1e6,
    prices,
    sets,
  };
  await writeFiles(comparison, options);
  const done = `${sets.length} sets in ${comparison.seconds.toFixed(0)} s, ${comparison.processorSeconds.toFixed(0)} s of processor time`;
  out.write(options.json === true ? `${jsonOf(comparison)}\n` : `${done}\n`);
  return comparison;
}

interface SetOrder {
  readonly path: string;
  readonly files: readonly string[];
  readonly terms: CompareTerms;
  readonly prices: PriceList;
}

async function runSet(
  { path, files, terms, prices }: SetOrder,
  options: CompareOptions,
  { pool, errors }: { pool: ComparePool; errors: ProgressStream },
): Promise<SetComparison> {
  const most = options.vms === undefined ? Infinity : parseCount(options.vms, '--vms', 1);
  const chosen = everyFew(files, most);
  // One file may hold many VMs: then it is they that are counted.
  const perFile = chosen.length === 1 ? most : Infinity;
  const fileOf = new Map<string, string>();
  const [ours, peers] = await Promise.all([
    pool.run({ kind: 'ours', files: chosen, terms, perFile }),
    peersOf(chosen, { pool, errors, terms, perFile }),
  ]);
  const beside = peers.flatMap((own, f) => {
    for (const { vm } of own) fileOf.set(vm, chosen[f] ?? '');
    return own;
  });
  // Both went through the same files in the same order.
  const all = (ours.kind === 'ours' ? ours.vms : []).flatMap((vm, i) => {
    const other = beside[i];
    return other === undefined ? [] : [withPeers(vm, other)];
  });
  const found = compareSet(setName(path), all, { terms, prices, chartOf: options.vm });
  return drawCharts(found, { pool, terms, fileOf });
}

async function peersOf(
  files: readonly string[],
  { pool, errors, terms, perFile }: { pool: ComparePool; errors: ProgressStream; terms: CompareTerms; perFile: number },
): Promise<(readonly VmPeers[])[]> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const progress = traceProgress(errors);
  let done = 0;
  try {
    return await Promise.all(
      files.map(async (file, f) => {
        const result = await pool.run({ kind: 'peers', file, terms, perFile });
        done += sizes[f] ?? 0;
        progress.done(done, total);
        return result.kind === 'peers' ? result.vms : [];
      }),
    );
  } finally {
    progress.stop();
  }
}

async function drawCharts(
  { set, orders }: SetFindings,
  { pool, terms, fileOf }: { pool: ComparePool; terms: CompareTerms; fileOf: ReadonlyMap<string, string> },
): Promise<SetComparison> {
  const charts = await Promise.all(
    orders.map(async (order) => {
      const result = await pool.run({ kind: 'chart', file: fileOf.get(order.vm) ?? '', terms, order });
      return result.kind === 'chart' && result.chart !== undefined ? [{ meter: order.meter, chart: result.chart }] : [];
    }),
  );
  return withCharts(set, charts.flat());
}

async function writeFiles(comparison: Comparison, { html, outJson }: CompareOptions): Promise<void> {
  if (outJson !== undefined) await write(outJson, `${jsonOf(comparison)}\n`);
  if (html === undefined) return;
  const { comparisonHtml } = await import('../view/report/comparison-html.ts');
  await write(html, comparisonHtml(comparison));
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new Fault('USAGE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Six digits say enough; whole numbers (times, counts) stay as they are. */
function jsonOf(comparison: Comparison): string {
  return JSON.stringify(comparison, (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value,
  );
}

function parseMeters(text: string | undefined): readonly Meter[] {
  if (text === undefined) return METERS;
  return text.split(',').map((word) => {
    const meter = METERS.find((known) => known === word.trim());
    if (meter !== undefined) return meter;
    throw new Fault('USAGE', `--meters got "${word.trim()}", wanted some of ${METERS.join(',')}`);
  });
}

function parseCount(text: string, option: string, least: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least) return count;
  throw new Fault('USAGE', `${option} got "${text}", wanted a whole number from ${least} up`);
}

/** The folder's or the file's name, without its endings. */
const setName = (path: string): string => basename(resolve(path)).replace(/\.csv(\.gz)?$/, '');

/** The command that gives the same figures; paths of this machine are left out. */
function commandOf({ trace, lead, hold, warmUp, meters, vms }: CompareOptions): string {
  const sets = trace.split(',').map(setName).join(',');
  const times = `--lead ${lead} --hold ${hold} --warm-up ${warmUp}`;
  const some = `${meters === undefined ? '' : ` --meters ${meters}`}${vms === undefined ? '' : ` --vms ${vms}`}`;
  return `shadowcast backtest --compare --trace ${sets} ${times}${some}`;
}
