/**
 * How often the class of a workload is right: `node test/bench/workload.bench.ts [folder of trace CSVs]...` prints the
 * confusion matrix over our own recorded runs, each classified by a model that has not seen it, and what the committed model
 * says of the demo's recordings and of every VM of the folders.
 */
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../../lib/adapters/trace/csv.ts';
import { METERS, type PerMeter } from '../../lib/core/meter.ts';
import { frameOfSample } from '../../lib/core/trace/sample.ts';
import { classify } from '../../lib/core/workload/classify.ts';
import { Signature, SIGNATURE_BYTES } from '../../lib/core/workload/signature.ts';
import { WORKLOADS } from '../../lib/core/workload/workload.ts';
import {
  accuracyOf,
  csvSight,
  heldOut,
  hypervisorSight,
  matrixOf,
  surpriseOf,
  type Trial,
} from './workload/evaluate.ts';
import { signatureOf } from './workload/fit-classes.ts';
import { DEMO_RUNS_DIR, readRuns, RUNS_DIR, type Run } from './workload/read-runs.ts';

const print = (line = ''): void => void process.stdout.write(`${line}\n`);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);

const runs = await readRuns(RUNS_DIR);
const byRun = (run: Run): string => run.name;
const byProgram = (run: Run): string => run.program;
const byWorkload = (run: Run): string => run.workload;

print(`${runs.length} runs of ${new Set(runs.map(byProgram)).size} programs in ${WORKLOADS.length} classes`);
print('\nright class                        10 s    30 s   whole   (one left out while learning)');
for (const [what, group, sight] of [
  ['run', byRun, undefined],
  ['program', byProgram, undefined],
  ['run, as libvirt sees it', byRun, hypervisorSight],
  ['run, as a trace CSV', byRun, csvSight],
] as const) {
  const accuracies = [10, 30, undefined].map((frames) =>
    accuracyOf(
      heldOut(runs, group, { ...(frames !== undefined && { frames }), ...(sight !== undefined && { sight }) }),
    ),
  );
  print(what.padEnd(31) + accuracies.map(percent).join(''));
}

const whole = heldOut(runs, byRun);
print('\nwhole runs, one run left out');
for (const line of matrixOf(whole)) print(line);
for (const { run, said } of whole) {
  if (said[0]?.workload === run.workload) continue;
  const words = said.slice(0, 2).map(({ workload, probability }) => `${workload} ${probability.toFixed(2)}`);
  print(`  ${run.name} is said to be ${words.join(', ')}`);
}

print('\ntemperature: -ln(probability of the right class), one program left out');
for (const temperature of [1, 1.5, 2, 2.5, 3, 4, 6]) {
  print(`${String(temperature).padStart(5)}  ${surpriseOf(heldOut(runs, byProgram, { temperature })).toFixed(3)}`);
}
const unknownShare = (trials: readonly Trial[]): string =>
  percent(trials.filter(({ said }) => said[0]?.workload === 'unknown').length / trials.length);
print(
  `\nsaid to be unknown: runs of a class that was not learnt ${unknownShare(heldOut(runs, byWorkload))}, of one that was ${unknownShare(whole)}`,
);

const demo = await readRuns(DEMO_RUNS_DIR);
print('\nrecordings of the demo (no system calls, no context switches, no forks), by the committed model');
for (const run of demo) {
  const said = classify(signatureOf(run.frames));
  const words = said.slice(0, 3).map(({ workload, probability }) => `${workload} ${probability.toFixed(2)}`);
  print(`  ${run.name.padEnd(18)} ${run.workload.padEnd(10)} ${words.join(', ')}`);
}

for (const folder of process.argv.slice(2)) {
  const counts = new Map<string, number>();
  for (const file of await traceFilesOf(folder)) {
    for (const series of (await readTraceSeries(file)).values()) {
      const first = classify(signatureOfSeries(series))[0]?.workload ?? 'unknown';
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
  }
  const words = [...counts].sort(([, a], [, b]) => b - a).map(([workload, count]) => `${workload} ${count}`);
  print(`\n${folder}: ${words.join(', ')}`);
}

const frames = runs.flatMap((run) => run.frames);
const cpuMs = (): number => process.cpuUsage().user / 1000;
const from = cpuMs();
const rounds = 60;
const signature = Signature.create();
for (let round = 0; round < rounds; round += 1) for (const frame of frames) signature.update(frame);
const updated = cpuMs();
for (let round = 0; round < 2000; round += 1) classify(signature);
const classified = cpuMs();
print(
  `\n${SIGNATURE_BYTES} bytes; ${(((updated - from) * 1000) / (rounds * frames.length)).toFixed(2)} us of processor time for a frame, ${(((classified - updated) * 1000) / 2000).toFixed(1)} us to classify`,
);

/** The signature of a CSV's VM after all its rows. */
function signatureOfSeries({ vm, times, meters, cpuCapacity, memoryCapacity }: TraceSeries): Signature {
  const own = Signature.create();
  const at = (column: Float64Array | undefined, i: number): number | undefined => {
    const value = column?.[i];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const known = (cells: readonly (readonly [string, number | undefined])[]): PerMeter =>
    Object.fromEntries(cells.filter(([, value]) => value !== undefined));
  for (let i = 1; i < times.length; i += 1) {
    const time = times[i] ?? 0;
    const use = known(METERS.map((meter) => [meter, at(meters[meter], i)]));
    const capacity = known([
      ['cpu', at(cpuCapacity, i)],
      ['memory', at(memoryCapacity, i)],
    ]);
    own.update(frameOfSample({ time, vm, use, capacity }, time - (times[i - 1] ?? 0)));
  }
  return own;
}
