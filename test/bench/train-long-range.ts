/**
 * What the gate of the long-range forecast is trained on: `node test/bench/train-long-range.ts DATA OUT [PART OF]`, then
 * `python test/bench/train-long-range.py GENERATED OUT...`. DATA holds the sets of the table below as folders of trace CSVs;
 * only VMs at even places of the sorted names are read, and the other half stays unseen. Writes OUT (float32 rows: series,
 * ahead, outcome, weight, features, quantiles of the experts) and OUT.json (how a row is laid out). PART OF splits the work.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../../lib/adapters/trace/csv.ts';
import { parseDuration } from '../../lib/core/duration.ts';
import { EXPERTS } from '../../lib/core/forecast/long-range/experts.ts';
import { FEATURES, Features } from '../../lib/core/forecast/long-range/features.ts';
import { gridBefore } from '../../lib/core/forecast/long-range/grid.ts';
import { History } from '../../lib/core/forecast/long-range/history.ts';
import { GATE_LEVELS } from '../../lib/core/forecast/long-range/long-range.ts';
import { Origin } from '../../lib/core/forecast/long-range/origin.ts';
import { Panel } from '../../lib/core/forecast/long-range/panel.ts';
import { METERS, type Meter } from '../../lib/core/meter.ts';
import { DAY_MS } from '../../lib/core/units.ts';
import { madeSeries } from './made-series.ts';

interface Plan {
  readonly set: string;
  readonly meters: readonly Meter[];
  readonly step: string;
  /** Windows of each series. */
  readonly windows: number;
  /** What each series counts in the loss. */
  readonly weight: number;
}

const CPU: readonly Meter[] = ['cpu'];
const OTHERS = METERS.slice(1);
const PLANS: readonly Plan[] = [
  { set: 'bitbrains-fastStorage', meters: CPU, step: '5m', windows: 80, weight: 1 },
  { set: 'bitbrains-fastStorage', meters: OTHERS, step: '5m', windows: 10, weight: 0.25 },
  { set: 'azure160', meters: CPU, step: '5m', windows: 150, weight: 2 },
  { set: 'bitbrains-rnd', meters: CPU, step: '5m', windows: 60, weight: 0.7 },
  { set: 'bitbrains-rnd', meters: OTHERS, step: '5m', windows: 12, weight: 0.2 },
  { set: 'gocrane1m', meters: CPU, step: '5m', windows: 80, weight: 0.7 },
  { set: 'gocrane1m', meters: CPU, step: '1m', windows: 80, weight: 0.7 },
  { set: 'planetlab', meters: CPU, step: '5m', windows: 5, weight: 0.3 },
  { set: 'bitbrains-fastStorage', meters: CPU, step: '15m', windows: 8, weight: 0.2 },
  { set: 'azure160', meters: CPU, step: '15m', windows: 16, weight: 0.3 },
  { set: 'bitbrains-fastStorage', meters: CPU, step: '1h', windows: 6, weight: 0.2 },
  { set: 'azure160', meters: CPU, step: '1h', windows: 12, weight: 0.3 },
  { set: 'onesec-exathlon', meters: CPU, step: '1s', windows: 10, weight: 0.5 },
  { set: 'onesec-percona_ec2', meters: CPU, step: '1s', windows: 16, weight: 0.5 },
  { set: 'onesec-percona_threadpool', meters: CPU, step: '1s', windows: 8, weight: 0.3 },
];
const MADE = { windows: 12, weight: 0.5, count: 60 };
const SHORT = 48;
const LONG = 288;
/** Shares of the windows that look far ahead, and that see only hours to days of the past. */
const FAR_SHARE = 0.35;
const YOUNG_SHARE = 0.2;

const levels = Float64Array.from(GATE_LEVELS);
const width = 4 + FEATURES + EXPERTS.length * levels.length;
const [, , data = '', out = '', part = '0', parts = '1'] = process.argv;

let state = 12_345 + Number(part);
function next(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

const file = openSync(out, 'w');
const row = new Float32Array(width);
let series = -1;

for (const plan of PLANS) {
  const files = (await traceFilesOf(join(data, plan.set))).filter((_, i) => i % 2 === 0);
  for (const [index, path] of files.entries()) {
    const isOurs = index % Number(parts) === Number(part);
    const vms = isOurs ? await readTraceSeries(path) : new Map<string, TraceSeries>();
    for (const meter of plan.meters) {
      series += 1;
      for (const { times, meters } of vms.values()) {
        const values = meters[meter];
        if (values === undefined) continue;
        const step = parseDuration(plan.step);
        const grid = gridBefore({ times, values }, times.at(-1) ?? 0, { step, longest: Infinity });
        writeWindows(grid, DAY_MS / step, plan);
      }
    }
  }
  process.stderr.write(`${plan.set} ${plan.step} ${plan.meters.join(',')}\n`);
}
for (let i = 0; i < MADE.count; i += 1) {
  series += 1;
  if (i % Number(parts) === Number(part)) writeWindows(madeSeries(i), LONG, MADE);
}
closeSync(file);
writeFileSync(
  `${out}.json`,
  JSON.stringify({ width, features: FEATURES, experts: EXPERTS.length, levels: [...levels] }),
);

function writeWindows(grid: Float64Array, day: number, { windows, weight }: Pick<Plan, 'windows' | 'weight'>): void {
  if (!grid.some((value) => value > 0)) return;
  const whole = new History(grid, day);
  for (let i = 0; i < windows; i += 1) {
    const horizon = Math.min(next() < FAR_SHARE ? LONG : SHORT, Math.floor(grid.length / 3));
    const now = Math.floor(24 + next() * (grid.length - horizon - 24));
    const age = next() < YOUNG_SHARE ? Math.floor(8 * (3 * 36) ** next()) : now;
    const isYoung = age < now;
    const history = isYoung ? new History(grid.slice(now - age, now), day) : whole;
    if (history.known(0, isYoung ? age : now) === 0) continue;
    writeWindow(new Origin(history, isYoung ? age : now), grid.subarray(now, now + horizon), weight / windows);
  }
}

function writeWindow(origin: Origin, outcomes: Float64Array, weight: number): void {
  const features = new Features(origin);
  const panel = new Panel(origin, levels);
  for (const ahead of stepsOf(outcomes.length)) {
    const outcome = outcomes[ahead - 1] ?? Number.NaN;
    if (Number.isNaN(outcome)) continue;
    panel.ask(ahead);
    features.look(ahead, panel.quantiles, { levels: levels.length, stride: levels.length });
    row.set([series, ahead, outcome, ahead > SHORT ? weight / 2 : weight]);
    row.set(features.values, 4);
    row.set(panel.quantiles, 4 + FEATURES);
    writeSync(file, new Uint8Array(row.buffer));
  }
}

/** Nine steps of the first 48, drawn one from each ninth, and four of the rest. */
function stepsOf(horizon: number): number[] {
  const near = Math.min(SHORT, horizon);
  const steps = Array.from({ length: 9 }, (_, i) => 1 + Math.floor(((i + next()) * near) / 9));
  if (next() < 0.3) steps.push(1);
  if (horizon > SHORT)
    for (let i = 0; i < 4; i += 1) steps.push(SHORT + 1 + Math.floor(((i + next()) * (horizon - SHORT)) / 4));
  return steps;
}
