/**
 * How well anomalies are found, beside plain detectors on the same samples:
 *
 *   node test/bench/anomalies.bench.ts <labelled folder> [other folder ...] [--every n] [--threshold x]
 *
 * The labelled folder holds trace CSVs and labels.csv (vm,start,end,cause; seconds). Constants and the thresholds of the
 * others were chosen on its VMs of even index by name; the figures are of the odd ones. Of the other folders every n-th VM
 * is taken; nothing is labelled there, so every alarm counts as if it were false.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import { ANOMALY_THRESHOLD, type AnomalyVerdict } from '../../lib/core/anomaly/anomaly-watch.ts';
import { watchSeries } from '../../lib/core/anomaly/watch-series.ts';
import type { Resource } from '../../lib/core/meter.ts';
import type { UseSeries } from '../../lib/core/shadow/replay-series.ts';
import { ewmaSigma, robustZ, sustained, type Detector } from './anomalies/baselines.ts';
import { alarmRate, scoreLabelled, type Flagged, type LabelledFault, type Rates } from './anomalies/score.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    every: { type: 'string', default: '1' },
    threshold: { type: 'string', default: String(ANOMALY_THRESHOLD) },
  },
});
const [labelledFolder, ...others] = positionals;
if (labelledFolder === undefined) throw new RangeError('name the folder of the labelled traces');
const every = Number(values.every);
const threshold = Number(values.threshold);

/** What the others may choose from, on the even half. */
const CHOICES = [3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96];
const IN_A_ROW = [1, 3, 5, 8];

async function* seriesIn(folder: string, wanted: (index: number) => boolean): AsyncGenerator<UseSeries> {
  for (const [index, file] of (await traceFilesOf(folder)).entries()) {
    if (wanted(index)) yield* (await readTraceSeries(file)).values();
  }
}

async function labelsOf(folder: string): Promise<Map<string, LabelledFault>> {
  const labels = new Map<string, LabelledFault>();
  for await (const line of createInterface({ input: createReadStream(join(folder, 'labels.csv')) })) {
    const [vm = '', start, end, cause = ''] = line.split(',');
    if (vm !== 'vm') labels.set(vm, { start: Number(start), end: Number(end), cause });
  }
  return labels;
}

const flagged = (series: UseSeries, flags: readonly boolean[], fault?: LabelledFault): Flagged => ({
  times: Array.from(series.times, (time) => time / 1000),
  flags,
  fault,
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (share: number): string => (100 * share).toFixed(0).padStart(4);
const rates = ({ precision, recall, f1 }: Rates): string => `${percent(precision)}${percent(recall)}${percent(f1)}`;

function printScore(name: string, all: readonly Flagged[]): void {
  const { points, adjusted, events, onsets, delay, falseAlarmsPerDay, missed } = scoreLabelled(all);
  const cells = [events, onsets, points, adjusted].map(rates).join('  |');
  const delays = `${delay.median} s, ${delay.p90} s`;
  print(`${name.padEnd(26)}|${cells}  | ${delays.padEnd(9)} | ${falseAlarmsPerDay.toFixed(0).padStart(5)}`);
  if (missed.length > 0 && missed.length < 6) print(`${' '.repeat(26)}|  missed: ${missed.join(' ')}`);
}

function printBlame(
  verdicts: ReadonlyMap<string, readonly AnomalyVerdict[]>,
  labels: Map<string, LabelledFault>,
): void {
  const table = new Map<string, Map<Resource, number>>();
  for (const [vm, own] of verdicts) {
    const { start = 0, end = 0, cause = '' } = labels.get(vm) ?? {};
    const row = table.get(cause.replace(/_\d+$/, '')) ?? new Map<Resource, number>();
    table.set(cause.replace(/_\d+$/, ''), row);
    for (const { resources } of own.slice(start, end + 1)) {
      for (const resource of resources) row.set(resource, (row.get(resource) ?? 0) + 1 / (end + 1 - start));
    }
  }
  print("\nshare of a fault's samples in which a resource is blamed, all VMs, %");
  for (const [cause, row] of table) {
    const cells = (['cpu', 'memory', 'disk', 'network'] as const).map((resource) => {
      const vms = [...labels.values()].filter((label) => label.cause.startsWith(cause)).length;
      return `${resource} ${percent((row.get(resource) ?? 0) / vms)}`;
    });
    print(`${cause.padEnd(26)} ${cells.join('  ')}`);
  }
}

const labels = await labelsOf(labelledFolder);
const all: UseSeries[] = [];
for await (const series of seriesIn(labelledFolder, () => true)) all.push(series);
const half = (parity: number): UseSeries[] => all.filter((_, index) => index % 2 === parity);
const judged = (series: readonly UseSeries[], detect: Detector): Flagged[] =>
  series.map((one) => flagged(one, detect(one), labels.get(one.vm)));

/** A detector by threshold and by how many flagged samples in a row it takes; the pair that is best on the even half. */
function chosen(make: (threshold: number) => Detector): { readonly words: string; readonly detect: Detector } {
  const pairs = CHOICES.flatMap((choice) =>
    IN_A_ROW.map((least) => ({
      words: `${choice}, ${least} in a row`,
      detect: sustained(make(choice), least),
    })),
  );
  const f1Of = (detect: Detector): number => scoreLabelled(judged(half(0), detect)).events.f1;
  const scored = pairs.map((pair) => ({ ...pair, f1: f1Of(pair.detect) }));
  return scored.reduce((best, pair) => (pair.f1 > best.f1 ? pair : best));
}
const bestZ = chosen(robustZ);
const bestSigma = chosen((choice) => ewmaSigma(choice));
const ours: Detector = (series) => watchSeries(series, threshold).map(({ anomalous }) => anomalous);
const detectors: readonly (readonly [name: string, detect: Detector])[] = [
  [`shadowcast, ${threshold}`, ours],
  [`robust z > ${bestZ.words}`, bestZ.detect],
  [`ewma > ${bestSigma.words}`, bestSigma.detect],
  ['robust z > 3', robustZ(3)],
  ['ewma > 3 sigma', ewmaSigma(3)],
];

const title = '|  P   R  F1 events|  begun in time|  each sample |  point-adjusted | delay, p90 | false/VM-day';
for (const [parity, words] of [
  [1, 'odd VMs'],
  [0, 'even VMs (chosen on)'],
] as const) {
  print(`\n${words.padEnd(26)}\n${' '.repeat(26)}${title}`);
  for (const [name, detect] of detectors) printScore(name, judged(half(parity), detect));
}
printBlame(new Map(all.map((one) => [one.vm, watchSeries(one, threshold)])), labels);

if (others.length > 0) print('\nunlabelled: alarms per VM-day, share of samples flagged in %');
for (const folder of others) {
  const found = detectors.map((): Flagged[] => []);
  for await (const series of seriesIn(folder, (index) => index % every === 0)) {
    for (const [d, [, detect]] of detectors.entries()) found[d]?.push(flagged(series, detect(series)));
  }
  const cells = detectors.map(([name], d) => {
    const { perDay, share } = alarmRate(found[d] ?? []);
    return `${name}: ${perDay.toPrecision(3)}, ${(100 * share).toFixed(1)}`;
  });
  print(`${folder.split('/').at(-1) ?? folder}  ${cells.join(' | ')}`);
}
