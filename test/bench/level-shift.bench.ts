/**
 * Coverage of the forecasts after a level shift.
 *
 *   node test/bench/level-shift.bench.ts [--data DIR] [--checkout DIR] [--every K] [--json]
 *
 * Coverage of a level is the share of forecasts that the maximum over their window did not pass. It is taken of forecasts made 30 to 130
 * samples after a shift, and beside it of forecasts of the same series before the shift and of the same series had it not
 * shifted. Shifts: synthetic (x2, x5, /2, /5 under each kind of noise of test/support/noise-series.ts) and, with --data, real
 * ones found in the folders of DIR by a rule that looks at the whole series (`shiftsOf`). --checkout measures the shadow of
 * another checkout; --every K takes every K-th VM of a folder. cpu, and disk_write where a folder has it.
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import type { Horizon } from '../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import type { Meter } from '../../lib/core/meter.ts';
import type * as replayModule from '../../lib/core/shadow/replay-series.ts';
import { chance, NOISE, type NoiseKind } from '../support/noise-series.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    checkout: { type: 'string', default: resolve(import.meta.dirname, '../..') },
    every: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const moduleOf = (path: string): string => pathToFileURL(join(resolve(options.checkout), path)).href;
const { replaySeries } = (await import(moduleOf('lib/core/shadow/replay-series.ts'))) as typeof replayModule;

/** Samples after a shift in which coverage is taken. */
const FROM = 30;
const TO = 130;
/** Samples before a shift: the shadow has learnt what it can by then. */
const BEFORE = 600;
const REPEATS = 24;
const FACTORS = [2, 5, 1 / 2, 1 / 5];
const HORIZONS: Readonly<Record<string, Horizon & { step: number }>> = {
  'next sample': { step: 1_000, lead: 1_000, hold: 1_000 },
  'lead 5, hold 5': { step: 1_000, lead: 5_000, hold: 5_000 },
};

/** Counts of forecasts, and by level of those that held. */
class Coverage {
  forecasts = 0;
  readonly held = LEVELS.map(() => 0);

  see(values: readonly number[], reached: number): void {
    this.forecasts += 1;
    for (const [q, value] of values.entries()) if (reached <= value * (1 + 1e-9)) this.held[q]! += 1;
  }

  add(other: Coverage): void {
    this.forecasts += other.forecasts;
    for (const q of LEVELS.keys()) this.held[q]! += other.held[q]!;
  }

  /** By level, in %. */
  get percent(): number[] {
    return this.held.map((held) => (100 * held) / this.forecasts);
  }
}

interface Steps {
  readonly lead: number;
  readonly hold: number;
}

/** The quantiles that were forecast at each sample, NaN rows before the first forecast. */
function forecastsOf(times: Float64Array, values: Float64Array, meter: Meter, horizon: Horizon): number[][] {
  const rows: number[][] = [];
  replaySeries({ vm: 'bench', times, meters: { [meter]: values } }, horizon, {
    before: () => undefined,
    after: (shadow) => rows.push([...(shadow.forecast()?.meters[meter]?.values ?? [])]),
  });
  return rows;
}

/** Coverage of the forecasts made at samples `from` to `to`, exclusive; windows with an unknown sample are left out. */
function coverageOf(
  rows: readonly number[][],
  values: Float64Array,
  { lead, hold }: Steps,
  [from, to]: readonly [number, number],
): Coverage {
  const coverage = new Coverage();
  for (let t = Math.max(0, from); t < Math.min(to, values.length - lead - hold + 1); t += 1) {
    let reached = 0;
    for (let i = t + lead; i < t + lead + hold; i += 1) reached = Math.max(reached, values[i]!);
    if (!Number.isNaN(reached) && rows[t]!.length > 0) coverage.see(rows[t]!, reached);
  }
  return coverage;
}

interface Row {
  readonly shift: string;
  readonly count: number;
  readonly after: Coverage;
  readonly before: Coverage;
  /** The same noise, not shifted; for real shifts, other samples of the same VMs. */
  readonly without: Coverage;
}

const emptyRow = (shift: string, count: number): Row => ({
  shift,
  count,
  after: new Coverage(),
  before: new Coverage(),
  without: new Coverage(),
});

function syntheticRow(kind: NoiseKind, factors: readonly number[], horizon: Horizon & { step: number }): Row {
  const row = emptyRow(kind, factors.length * REPEATS);
  const steps = { lead: horizon.lead / horizon.step, hold: horizon.hold / horizon.step };
  const length = BEFORE + TO + steps.lead + steps.hold;
  const times = Float64Array.from({ length }, (_, i) => 1_700_000_000_000 + i * horizon.step);
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const noise = NOISE[kind](chance(1000 + repeat));
    const base = Float64Array.from({ length }, () => noise());
    const unshifted = forecastsOf(times, base, 'cpu', horizon);
    row.without.add(coverageOf(unshifted, base, steps, [BEFORE + FROM, BEFORE + TO]));
    for (const factor of factors) {
      const values = base.map((value, i) => (i < BEFORE ? value : value * factor));
      const rows = forecastsOf(times, values, 'cpu', horizon);
      row.after.add(coverageOf(rows, values, steps, [BEFORE + FROM, BEFORE + TO]));
      row.before.add(coverageOf(rows, values, steps, [BEFORE - 300, BEFORE - 10]));
    }
  }
  return row;
}

/** Samples on each side of a real shift that must agree. */
const SIDE = TO + 10;

/**
 * Places where a series moved to another level for good, by hindsight: the median of the SIDE samples from there on is
 * at least twice or at most half of the median of the SIDE before, nine in ten samples of the higher side are above nine
 * in ten of the lower one, and no place nearby parts the two sides better. Places are at least SIDE apart; the first is
 * after 2 * SIDE samples.
 */
function shiftsOf(values: Float64Array): number[] {
  const places: { at: number; ratio: number }[] = [];
  for (let at = 2 * SIDE; at + SIDE < values.length; at += 1) {
    const before = sorted(values.subarray(at - SIDE, at));
    const after = sorted(values.subarray(at, at + SIDE));
    if (before.length < SIDE || after.length < SIDE) continue;
    const [low, high] = middle(before) < middle(after) ? [before, after] : [after, before];
    const ratio = middle(high) / middle(low);
    if (ratio >= 2 && middle(low) > 0 && share(high, 0.1) > share(low, 0.9)) places.push({ at, ratio });
  }
  const kept: number[] = [];
  for (const { at } of places.sort((a, b) => separation(values, b.at) - separation(values, a.at))) {
    if (kept.every((other) => Math.abs(other - at) >= SIDE)) kept.push(at);
  }
  return kept.sort((a, b) => a - b);
}

const sorted = (part: Float64Array): Float64Array => part.filter((value) => !Number.isNaN(value)).sort();
const share = (rising: Float64Array, level: number): number => rising[Math.floor(level * (rising.length - 1))]!;
const middle = (rising: Float64Array): number => share(rising, 0.5);

/** How far apart the ten samples on both sides of a place are: places next to the right one mix the two levels. */
function separation(values: Float64Array, at: number): number {
  const before = middle(sorted(values.subarray(at - 10, at)));
  const after = middle(sorted(values.subarray(at, at + 10)));
  return Math.abs(Math.log((after + 1e-9) / (before + 1e-9)));
}

async function realRow(folder: string, meter: Meter): Promise<Row> {
  const row = { ...emptyRow(`${folder.split('/').at(-1) ?? folder} ${meter}`, 0), count: 0 };
  const files = (await traceFilesOf(folder)).filter((_, i) => i % Number(options.every) === 0);
  for (const file of files) {
    for (const { times, meters } of (await readTraceSeries(file)).values()) {
      const values = meters[meter];
      if (values === undefined || times.length < 4 * SIDE) continue;
      const shifts = shiftsOf(values);
      if (shifts.length === 0) continue;
      const step = stepOf(times);
      const isFast = step < 10_000;
      const horizon = isFast ? { lead: 5 * step, hold: 5 * step } : { lead: step, hold: step };
      const steps = { lead: horizon.lead / step, hold: horizon.hold / step };
      const rows = forecastsOf(times, values, meter, horizon);
      row.count += shifts.length;
      let from = 2 * SIDE;
      for (const at of shifts) {
        row.after.add(coverageOf(rows, values, steps, [at + FROM, at + TO]));
        row.before.add(coverageOf(rows, values, steps, [at - SIDE, at - steps.lead - steps.hold]));
        row.without.add(coverageOf(rows, values, steps, [from, at - steps.lead - steps.hold]));
        from = at + TO;
      }
      row.without.add(coverageOf(rows, values, steps, [from, values.length]));
    }
  }
  return row;
}

function stepOf(times: Float64Array): number {
  return middle(sorted(times.subarray(1).map((time, i) => time - times[i]!)));
}

/** Mean over levels of the distance to nominal, and the largest, in points. */
function distance(coverage: Coverage): { mean: number; worst: number } {
  const off = coverage.percent.map((percent, q) => Math.abs(percent - 100 * LEVELS[q]!));
  return { mean: off.reduce((sum, one) => sum + one, 0) / off.length, worst: Math.max(...off) };
}

const column = (coverage: Coverage): string =>
  coverage.percent.map((percent) => percent.toFixed(1).padStart(6)).join('');

function print(title: string, rows: readonly Row[]): void {
  if (options.json) {
    const lines = rows.map(({ shift, count, after, before, without }) => {
      const [a, b, w] = [after.percent, before.percent, without.percent];
      return `${JSON.stringify({ title, shift, count, levels: LEVELS, after: a, before: b, without: w })}\n`;
    });
    process.stdout.write(lines.join(''));
    return;
  }
  const heads = LEVELS.map((level) => (100 * level).toString().padStart(6)).join('');
  const lines = [
    `\n${title}`,
    `${''.padEnd(34)}  n  |${heads} worst  | not shifted${heads.slice(12)} worst  | before: worst`,
  ];
  for (const { shift, count, after, before, without } of rows) {
    if (after.forecasts === 0) continue;
    const worst = (coverage: Coverage): string => distance(coverage).worst.toFixed(1).padStart(6);
    lines.push(
      `${shift.padEnd(32)}${count.toString().padStart(5)}  |${column(after)}${worst(after)}  |${column(without)}${worst(without)}  |${worst(before)}`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function sum(shift: string, rows: readonly Row[]): Row {
  const total = { ...emptyRow(shift, 0), count: rows.reduce((count, row) => count + row.count, 0) };
  for (const row of rows) {
    total.after.add(row.after);
    total.before.add(row.before);
    total.without.add(row.without);
  }
  return total;
}

for (const [name, horizon] of Object.entries(HORIZONS)) {
  const kinds = Object.keys(NOISE) as NoiseKind[];
  const rows = kinds.flatMap((kind) =>
    [FACTORS.slice(0, 2), FACTORS.slice(2)].map((factors) => {
      const row = syntheticRow(kind, factors, horizon);
      return { ...row, shift: `${kind} ${factors[0]! > 1 ? 'up (x2, x5)' : 'down (/2, /5)'}` };
    }),
  );
  const up = sum(
    'all up',
    rows.filter((_, i) => i % 2 === 0),
  );
  const down = sum(
    'all down',
    rows.filter((_, i) => i % 2 === 1),
  );
  print(`synthetic shifts, ${name}: coverage in % of forecasts made 30 to 130 samples after`, [...rows, up, down]);
}
if (options.data !== undefined) {
  const folders = (await readdir(options.data, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const rows: Row[] = [];
  for (const { name } of folders) {
    if (name === 'block-io') continue;
    for (const meter of ['cpu', 'disk_write'] as const) rows.push(await realRow(join(options.data, name), meter));
  }
  print('real shifts (5-minute sets: next sample; 1-second sets: lead 5, hold 5)', [...rows, sum('all', rows)]);
}
