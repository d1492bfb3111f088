/**
 * Whether what-if replay says what was measured: `node test/bench/whatif.bench.ts [FOLDER[,FOLDER...]] [--every N]`.
 *
 * 1. Our recorded runs: waiting at the size in force, predicted against measured: by the constants (learnt on every second
 *    run, sorted by name, even ones), fitted once on the first half of each run and compared on its second, and as the
 *    replay does it, each interval by what was measured before it.
 * 2. Folders of one-second trace CSVs: the replay of 10-second and minute means against the replay of the seconds, at three
 *    sizes a VM, without and with the correction for bursts (weight learnt on even VMs, reported on odd ones).
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import { readTraceFile } from '../../lib/adapters/trace/file.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { agreementOf, type Agreement } from '../../lib/core/whatif/agreement.ts';
import { BURST_WEIGHT } from '../../lib/core/whatif/burstiness.ts';
import { CpuReplay } from '../../lib/core/whatif/cpu-replay.ts';
import { intervalOf } from '../../lib/core/whatif/interval.ts';
import { OwnWaiting } from '../../lib/core/whatif/own-waiting.ts';
import { selfConsistencyOf } from '../../lib/core/whatif/self-consistency.ts';
import { plainLimit, TokenBucket } from '../../lib/core/whatif/token-bucket.ts';
import { NonNegativeFit } from '../../lib/core/whatif/non-negative-fit.ts';
import { CAUSES, cpuCauses, diskCauses, predicted } from '../../lib/core/whatif/waiting-causes.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { every: { type: 'string', default: '1' } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length);

const RECORDINGS = new URL('../../lib/local/recordings/', import.meta.url);

async function framesOf(name: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const batch of readTraceFile(new URL(name, RECORDINGS).pathname)) frames.push(...batch.frames);
  return frames;
}

const runs = await Promise.all(
  readdirSync(RECORDINGS)
    .filter((name) => name.endsWith('.trace'))
    .sort()
    .map(async (name) => ({ name: name.replace('.trace', ''), frames: await framesOf(name) })),
);

const shown = (a: Agreement | undefined): string =>
  a === undefined
    ? '-'.padEnd(34)
    : `${a.predictedMean.toFixed(3)} / ${a.measuredMean.toFixed(3)}  ${percent(a.relativeError)}  ${(a.rankCorrelation ?? Number.NaN).toFixed(2).padStart(5)}`.padEnd(
        34,
      );
const percent = (share: number | undefined): string =>
  share === undefined ? '    -' : `${(100 * share).toFixed(0)} %`.padStart(7);

/** Coefficients of the causes over the even runs, each run scaled to a mean of 1, so that all count the same. */
function learn(): void {
  const [stall, disk] = [
    [0, 0, 0],
    [0, 0],
  ].map(
    (priors) =>
      new NonNegativeFit(
        priors.map((prior) => ({ prior, firmness: 0 })),
        1,
      ),
  ) as [NonNegativeFit, NonNegativeFit];
  for (const { frames } of runs.filter((_, i) => i % 2 === 0)) {
    const replay = new CpuReplay();
    const rows = frames.flatMap((frame) => intervalOf(frame) ?? []);
    const scale = (kind: 'cpuStall' | 'diskQueue'): number =>
      Math.max(0.01, mean(rows.map((it) => it.measured[kind] ?? 0)));
    const [stalled, queued] = [scale('cpuStall'), scale('diskQueue')];
    for (const it of rows) {
      const { stallSignal } = replay.step(it.cpu ?? 0, it.inForce.cpu ?? 1, it.seconds);
      stall.see(
        cpuCauses(stallSignal, it).map((x) => x / stalled),
        (it.measured.cpuStall ?? 0) / stalled,
      );
      if (it.measured.diskQueue === undefined) continue;
      disk.see(
        diskCauses(it.disk?.busy ?? 0).map((x) => x / queued),
        it.measured.diskQueue / queued,
      );
    }
  }
  const show = (all: readonly number[]): string => all.map((one) => one.toFixed(3)).join(' ');
  say(
    `learnt on even runs: cpu stall ${show(stall.coefficients())} (in use ${show(CAUSES.cpuStall.map(({ prior }) => prior))}), disk queue ${show(disk.coefficients())} (in use ${show(CAUSES.diskQueue.map(({ prior }) => prior))})`,
  );
}

/** Stall shares of frames `from` on, by coefficients that never change. */
function frozen(frames: readonly Frame[], coefficients: readonly number[], from: number): Agreement | undefined {
  const replay = new CpuReplay();
  const [said, real]: [number[], number[]] = [[], []];
  for (const [i, frame] of frames.entries()) {
    const it = intervalOf(frame);
    if (it?.cpu === undefined || it.inForce.cpu === undefined) continue;
    const { stallSignal } = replay.step(it.cpu, it.inForce.cpu, it.seconds);
    if (i < from || it.measured.cpuStall === undefined) continue;
    said.push(predicted(coefficients, cpuCauses(stallSignal, it)));
    real.push(it.measured.cpuStall);
  }
  return agreementOf(said, real);
}

function fittedOn(frames: readonly Frame[]): readonly number[] {
  const own = new OwnWaiting();
  for (const frame of frames) {
    const it = intervalOf(frame);
    if (it !== undefined) own.see(it);
  }
  return own.coefficients.cpuStall;
}

function recordings(): void {
  say('\n1. recorded runs at the size in force: predicted / measured, relative error, rank correlation');
  learn();
  say(
    '                      stalled: by constants              fitted on first half, second half  as replayed                        disk queue, as replayed',
  );
  const errors: Record<'constants' | 'halves' | 'replayed' | 'disk', number[]> = {
    constants: [],
    halves: [],
    replayed: [],
    disk: [],
  };
  const keep = (all: number[], agreement: Agreement | undefined): void => {
    if (agreement?.relativeError !== undefined) all.push(agreement.relativeError);
  };
  for (const [i, { name, frames }] of runs.entries()) {
    const half = frames.length >> 1;
    const constants = frozen(
      frames,
      CAUSES.cpuStall.map(({ prior }) => prior),
      0,
    );
    const halves = frozen(frames, fittedOn(frames.slice(0, half)), half);
    const { cpuStall, diskQueue } = selfConsistencyOf(frames);
    say(
      `${name.padEnd(16)}${(i % 2 === 0 ? 'even' : 'odd').padEnd(5)} ${[constants, halves, cpuStall, diskQueue].map(shown).join(' ')}`,
    );
    if (i % 2 === 0) continue;
    keep(errors.constants, constants);
    keep(errors.halves, halves);
    keep(errors.replayed, cpuStall);
    keep(errors.disk, diskQueue);
  }
  const median = (all: readonly number[]): number | undefined => [...all].sort((a, b) => a - b)[all.length >> 1];
  const medians = Object.entries(errors).map(([kind, all]) => `${kind} ${percent(median(all)).trim()}`);
  say(`median relative error, odd runs: ${medians.join(', ')}`);
}

interface Coarse {
  readonly truth: number;
  readonly fluid: number;
  readonly bursts: number;
}

/** Mean waiting of one VM at one size: by its seconds, and by means over `step` seconds without and with bursts. */
function coarse(cpu: Float64Array, capacity: number, step: number): Coarse {
  const fine = new TokenBucket();
  const replay = new CpuReplay();
  let [work, truth, fluid, all] = [0, 0, 0, 0];
  for (let from = 0; from + step <= cpu.length; from += step) {
    let sum = 0;
    for (const use of cpu.subarray(from, from + step)) {
      truth += (use * fine.step(plainLimit(capacity), use, 1).area) / capacity;
      sum += use;
    }
    const coarsely = replay.step(sum / step, capacity, step);
    fluid += sum * coarsely.fluidDelay;
    all += sum * coarsely.delay;
    work += sum;
  }
  return { truth: truth / work, fluid: fluid / work, bursts: (all - fluid) / BURST_WEIGHT / work };
}

/** One-second cpu of every n-th VM of a folder, those of at least ten minutes. */
async function columnsOf(folder: string, every: number): Promise<Float64Array[]> {
  const files = (await traceFilesOf(folder)).filter((_, at) => at % every === 0);
  const series = (await Promise.all(files.map(readTraceSeries))).flatMap((vms) => [...vms.values()]);
  return series.flatMap(({ meters }) => {
    const known = meters.cpu?.filter((use) => !Number.isNaN(use));
    return known !== undefined && known.length >= 600 ? [known] : [];
  });
}

/** A size that is short now and then: a quantile of the seconds, and above the mean, so that all is served in the end. */
function sizeAt(cpu: Float64Array, level: number): number {
  const sorted = cpu.slice().sort();
  return Math.max(1.02 * mean(Array.from(cpu)), sorted[Math.floor(level * cpu.length)] ?? 0);
}

async function bursts(folders: readonly string[], every: number): Promise<void> {
  say(
    '\n2. seconds replayed as coarser means, cpu, odd VMs: mean seconds of waiting, and median |ln(predicted / true)|',
  );
  say('set                       step  size  VMs    true    fluid  with bursts   error fluid  error bursts');
  const learnt: Coarse[] = [];
  for (const folder of folders) {
    const columns = await columnsOf(folder, every);
    for (const step of [10, 60]) {
      for (const level of [0.7, 0.9, 0.99]) {
        const rows = columns.map((cpu) => coarse(cpu, sizeAt(cpu, level), step));
        // Sizes at which the seconds wait for less than 10 ms have nothing to compare.
        const [even, odd] = [0, 1].map((half) => rows.filter((row, i) => i % 2 === half && row.truth > 0.01));
        learnt.push(...(even ?? []));
        report(folder, { step, level }, odd ?? []);
      }
    }
  }
  let [xx, xy] = [0, 0];
  for (const { truth, fluid, bursts: x } of learnt) {
    // Every row counts for its ratio, not for its seconds.
    const weight = 1 / ((truth - fluid) ** 2 + x * x + 1e-6);
    [xx, xy] = [xx + weight * x * x, xy + weight * x * (truth - fluid)];
  }
  say(`weight of bursts learnt on even VMs: ${(xy / xx).toFixed(3)} (in use ${BURST_WEIGHT})`);
}

function report(folder: string, { step, level }: { step: number; level: number }, rows: readonly Coarse[]): void {
  const error = (of: (row: Coarse) => number): string => {
    const all = rows.map((row) => Math.abs(Math.log(Math.max(of(row), 1e-3) / row.truth))).sort((a, b) => a - b);
    return (all[all.length >> 1] ?? Number.NaN).toFixed(2).padStart(12);
  };
  const average = (of: (row: Coarse) => number): string => mean(rows.map(of)).toFixed(2).padStart(8);
  const whole = (row: Coarse): number => row.fluid + BURST_WEIGHT * row.bursts;
  const name = folder.split('/').at(-1) ?? folder;
  say(
    `${name.padEnd(24)} ${String(step).padStart(4)} s  p${100 * level}  ${String(rows.length).padStart(3)} ` +
      `${average((row) => row.truth)} ${average((row) => row.fluid)} ${average(whole).padStart(12)}  ` +
      `${error((row) => row.fluid)}  ${error(whole)}`,
  );
}

recordings();
const folders = positionals[0]?.split(',') ?? [];
if (folders.length > 0) await bursts(folders, Number(values.every));
