/**
 * How good long-range forecasts are: `node test/bench/long-range.bench.ts [options] <file|dir>...`
 *
 *   --steps 12,48,288   horizons, in steps
 *   --step 5m           length of a step
 *   --meter cpu         meter
 *   --half odd          all (default), even or odd: VMs by their place in the sorted names; the gate was trained on even ones
 *   --every 1           every k-th VM of those
 *
 * For each folder and horizon: the mean weighted quantile loss over the levels .1 ... .9 as a ratio to the point forecast
 * "the same as a day before", geometric mean over VMs, at five origins evenly spread over the last 40 % of each trace:
 *
 *   wQL = 2 sum(pinball) / (levels * sum |y|)    naive = sum |y - f| / sum |y|
 *
 * Steps without data are not scored; a VM without demand in all of them is left out. Beside it the same for the quantiles of
 * the last day, how often each level was passed, and the time of a forecast.
 */
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../../lib/adapters/trace/csv.ts';
import { parseDuration } from '../../lib/core/duration.ts';
import { forecastSeries } from '../../lib/core/forecast/long-range/forecast-series.ts';
import { countUntil, gridBefore, samplingOf } from '../../lib/core/forecast/long-range/grid.ts';
import { METERS } from '../../lib/core/meter.ts';
import { DAY_MS, type EpochMs } from '../../lib/core/units.ts';

const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const ORIGINS = 5;
const TEST_SHARE = 0.4;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '12,48,288' },
    step: { type: 'string', default: '5m' },
    meter: { type: 'string', default: 'cpu' },
    half: { type: 'string', default: 'all' },
    every: { type: 'string', default: '1' },
  },
});
const step = parseDuration(options.step);
const horizons = options.steps.split(',').map(Number);
const meter = METERS.find((known) => known === options.meter) ?? 'cpu';

/** Means of the steps after `at`, by the middle of each sample's interval; NaN is a hole. */
function outcomes(times: Float64Array, values: Float64Array, at: EpochMs, horizon: number): Float64Array {
  const half = Math.min(samplingOf(times), step) / 2;
  const [sums, counts] = [new Float64Array(horizon), new Float64Array(horizon)];
  for (let i = countUntil(times, at); i < times.length; i += 1) {
    const k = Math.floor((times[i]! - at - half) / step);
    if (k >= horizon) break;
    if (k < 0 || Number.isNaN(values[i]!)) continue;
    sums[k]! += values[i]!;
    counts[k]! += 1;
  }
  return sums.map((sum, k) => sum / counts[k]!);
}

interface Losses {
  own: number;
  day: number;
  naive: number;
  demand: number;
}

interface Run {
  readonly logs: { own: number[]; day: number[] };
  readonly passed: Float64Array;
  scored: number;
  forecasts: number;
  ms: number;
}

function scoreVm({ times, meters }: TraceSeries, horizon: number, run: Run): void {
  const values = meters[meter];
  const [first, last] = [times[0], times.at(-1)];
  if (values === undefined || first === undefined || last === undefined) return;
  const sum: Losses = { own: 0, day: 0, naive: 0, demand: 0 };
  const from = first + (1 - TEST_SHARE) * (last - first);
  const to = last - horizon * step;
  if (to < from) return;
  for (let i = 0; i < ORIGINS; i += 1) {
    const at = times[countUntil(times, from + (i * (to - from)) / (ORIGINS - 1)) - 1]!;
    scoreOrigin({ times, values, horizon }, at, sum, run);
  }
  if (sum.demand === 0) return;
  const tiny = 1e-9 * sum.demand;
  run.logs.own.push(Math.log((sum.own + tiny) / (sum.naive + tiny)));
  run.logs.day.push(Math.log((sum.day + tiny) / (sum.naive + tiny)));
}

function scoreOrigin(
  { horizon, ...series }: { readonly times: Float64Array; readonly values: Float64Array; readonly horizon: number },
  at: EpochMs,
  sum: Losses,
  run: Run,
): void {
  const started = process.cpuUsage();
  const forecast = forecastSeries(series, at, { horizon, step, levels: LEVELS });
  const { user, system } = process.cpuUsage(started);
  const past = gridBefore(series, at, { step, longest: 29 * DAY_MS });
  const day = Math.round(DAY_MS / step);
  const lastDay = past
    .slice(-day)
    .filter((value) => !Number.isNaN(value))
    .sort();
  if (forecast === undefined || lastDay.length === 0) return;
  run.ms += (user + system) / 1000;
  run.forecasts += 1;
  const actual = outcomes(series.times, series.values, at, horizon);
  for (let k = 0; k < horizon; k += 1) {
    const y = actual[k]!;
    if (Number.isNaN(y)) continue;
    const before = past[past.length + k - day * Math.ceil((k + 1) / day)] ?? Number.NaN;
    sum.naive += Math.abs(y - (Number.isNaN(before) ? lastKnown(past) : before));
    sum.demand += Math.abs(y);
    run.scored += 1;
    for (const [q, level] of LEVELS.entries()) {
      const own = forecast[k * LEVELS.length + q]!;
      if (y <= own) run.passed[q]! += 1;
      sum.own += (2 / LEVELS.length) * pinball(y, own, level);
      sum.day += (2 / LEVELS.length) * pinball(y, lastDay[Math.floor(level * lastDay.length)]!, level);
    }
  }
}

const pinball = (y: number, forecast: number, level: number): number =>
  y > forecast ? level * (y - forecast) : (level - 1) * (y - forecast);

const lastKnown = (past: Float64Array): number => past.findLast((value) => !Number.isNaN(value)) ?? 0;

const geometricMean = (logs: readonly number[]): string =>
  Math.exp(logs.reduce((total, log) => total + log, 0) / logs.length).toFixed(3);

const cells = (row: readonly string[]): string => `| ${row.join(' | ')} |\n`;
process.stdout.write(cells(['set', 'steps', 'VMs', 'ratio', 'last day', 'at most .1 .5 .9', 'ms each']));
process.stdout.write(cells(Array.from({ length: 7 }, () => '---')));
for (const path of positionals) {
  const half = options.half === 'even' ? 0 : 1;
  const files = (await traceFilesOf(path))
    .filter((_, i) => options.half === 'all' || i % 2 === half)
    .filter((_, i) => i % Number(options.every) === 0);
  const runs = horizons.map((): Run => ({
    logs: { own: [], day: [] },
    passed: new Float64Array(9),
    scored: 0,
    forecasts: 0,
    ms: 0,
  }));
  for (const file of files) {
    const vms = await readTraceSeries(file);
    for (const series of vms.values()) for (const [h, run] of runs.entries()) scoreVm(series, horizons[h]!, run);
  }
  for (const [h, { logs, passed, scored, forecasts, ms }] of runs.entries()) {
    const shares = [0, 4, 8].map((q) => (passed[q]! / scored).toFixed(3)).join(' ');
    const own = [geometricMean(logs.own), geometricMean(logs.day), shares, (ms / forecasts).toFixed(1)];
    process.stdout.write(cells([path.split('/').at(-1)!, `${horizons[h]!}`, `${logs.own.length}`, ...own]));
  }
}
