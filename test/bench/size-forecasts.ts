/**
 * What forecasts are worth as sizes: those of dump-forecasts.ts, or those of another forecaster written the same way.
 *
 *   node test/bench/size-forecasts.ts --lead 1 --warm 2016 [--only FOLDER] FOLDER...
 *
 * The VMs of a folder share a risk, sample by sample in the order of time, as in a backtest; lead in samples, windows of one sample.
 * Printed: slack and unserved demand in % at 5 and 1 % violations, between two risks on a logarithmic scale. --only takes the VMs that
 * another folder has too. Use at a limit counts as demand: nothing is let out.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Forecast } from '../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { RiskPool } from '../../lib/core/sizing/risk-pool.ts';
import { RiskTracker } from '../../lib/core/sizing/risk-tracker.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lead: { type: 'string', default: '1' },
    warm: { type: 'string', default: '2016' },
    only: { type: 'string' },
  },
});
const steps = { lead: Number(options.lead), hold: 1 };
const warm = Number(options.warm);
const RISKS = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002];
const COLUMNS = 2 + LEVELS.length;
const SAME = 1 + 1e-9;

const linesOf = async (folder: string): Promise<string[][]> =>
  (await readFile(join(folder, 'index.txt'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));

/** Rows of time, demand and quantiles, those with a known demand. */
async function rowsOf(file: string): Promise<Float64Array[]> {
  const bytes = await readFile(file);
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: all.length / COLUMNS }, (_, i) => all.subarray(i * COLUMNS, (i + 1) * COLUMNS)).filter(
    (row) => !Number.isNaN(row[1]!),
  );
}

/** One VM at each risk. */
class Sized {
  readonly rows: readonly Float64Array[];
  /** By risk: samples short, unserved, slack. */
  readonly sums = RISKS.map(() => [0, 0, 0]);
  demand = 0;
  readonly #trackers: readonly RiskTracker[];
  readonly #asked: number[][] = [];

  constructor(rows: readonly Float64Array[], pools: readonly RiskPool[]) {
    this.rows = rows;
    this.#trackers = pools.map((pool) => new RiskTracker(pool));
  }

  step(i: number): void {
    const [at = 0, demand = 0, ...values] = this.rows[i]!;
    if (i >= warm) this.#score(demand, this.#asked[i - steps.lead] ?? []);
    const known = { values, demand: { low: demand, high: demand }, samples: i + 1 };
    const forecast: Forecast = { vm: '', at, lead: 0, hold: 0, levels: LEVELS, meters: { cpu: known } };
    this.#asked.push(
      this.#trackers.map((tracker) => tracker.size(forecast, { told: { cpu: demand }, steps }).target.cpu!),
    );
    if (i + 1 === this.rows.length) for (const tracker of this.#trackers) tracker.leave();
  }

  #score(demand: number, sizes: readonly number[]): void {
    this.demand += demand;
    for (const [k, size] of sizes.entries()) {
      const sum = this.sums[k]!;
      if (demand > size * SAME) sum[0]! += 1;
      sum[1]! += Math.max(0, demand - size);
      sum[2]! += Math.max(0, size - demand);
    }
  }
}

/** Means over the VMs by risk, in %: violations, unserved, slack. */
function meansOf(vms: readonly Sized[]): number[][] {
  const mean = (of: (vm: Sized) => number): number => (100 * vms.reduce((sum, vm) => sum + of(vm), 0)) / vms.length;
  return RISKS.map((_, k) => [
    mean(({ sums, rows }) => sums[k]![0]! / (rows.length - warm)),
    mean(({ sums, demand }) => sums[k]![1]! / demand),
    mean(({ sums, demand }) => sums[k]![2]! / demand),
  ]);
}

function at(points: readonly number[][], violations: number, column: number): string {
  for (const [k, [v = 0]] of points.entries()) {
    const [before] = points[k - 1] ?? [];
    if (before === undefined || v > violations || before < violations) continue;
    const share = Math.log(before / violations) / Math.log(before / v);
    return (points[k - 1]![column]! + share * (points[k]![column]! - points[k - 1]![column]!)).toPrecision(3);
  }
  return '–';
}

for (const folder of positionals) {
  const only =
    options.only === undefined ? undefined : new Set((await linesOf(options.only)).map(([number]) => number));
  const pools = RISKS.map((risk) => new RiskPool(risk));
  const vms: Sized[] = [];
  for (const [number = ''] of await linesOf(folder)) {
    if (only?.has(number) === false) continue;
    const rows = await rowsOf(join(folder, `${number}.f64`));
    if (rows.slice(warm).some((row) => row[1]! > 0)) vms.push(new Sized(rows, pools));
  }
  const moments = vms.flatMap((vm) => vm.rows.map((row, i) => ({ vm, i, at: row[0]! })));
  moments.sort((a, b) => a.at - b.at);
  for (const { vm, i } of moments) vm.step(i);
  const points = meansOf(vms);
  const words = [5, 1].map((v) => `at ${v} % slack ${at(points, v, 2)} unserved ${at(points, v, 1)}`);
  process.stdout.write(`${folder.split('/').at(-1)} (${vms.length} VMs)  ${words.join('  ')}\n`);
}
