/**
 * Do other signals say ahead of cpu what cpu will do? `node test/bench/leading.bench.ts [--traces DIR] [--data DIR] [--every K]`.
 *
 * Recorded frames (the folder of recordings, or --traces), one second apart. At each second t an online linear model (ridge
 * regression, forgetting 0.995, warmed up for 15 samples) predicts how cpu at t + 5 s differs from cpu at t, in units of a
 * running scale:
 *   own      from cpu now, its means over 3 and 12 samples, its maximum over 12, its last change
 *   own + x  the same and one signal now and its last change, scaled by its own running mean
 *   own + all  every signal that the recording has
 *   own + noise  one signal of chance: what one more pair of columns costs
 * Printed: the mean absolute error as a share of that of `own` (below 1 is better), the geometric mean over recordings, on how many of
 * the recordings it is better, and the same of the pinball loss at .95 of a tracked offset on top of the prediction, which is what sizing
 * feels. With --data the 1-second sets are taken the same way (disk and network as signals).
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readTraceSeries, traceFilesOf } from '../../lib/adapters/trace/csv.ts';
import { readTraceFile } from '../../lib/adapters/trace/file.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { chance } from '../support/noise-series.ts';

const { values: options } = parseArgs({
  options: {
    traces: { type: 'string', default: resolve(import.meta.dirname, '../../lib/local/recordings') },
    data: { type: 'string' },
    every: { type: 'string', default: '1' },
  },
});
const LEAD = 5;
const WARM_UP = 15;
const FORGETTING = 0.995;
const RIDGE = 3;
const FOLDERS = ['onesec-exathlon', 'onesec-percona_ec2', 'onesec-percona_threadpool', 'onesec-dbsherlock'];

/** cpu and the signals beside it, sample by sample. */
interface Recording {
  readonly name: string;
  readonly cpu: readonly number[];
  readonly signals: ReadonlyMap<string, readonly number[]>;
}

/** Signals of a frame; what it does not tell is absent. */
function signalsOf({ values, disks, nics, exits }: Frame): Record<string, number | undefined> {
  const sum = <T>(list: readonly T[] | undefined, of: (one: T) => number): number | undefined =>
    list?.reduce((total, one) => total + of(one), 0);
  return {
    'cpu pressure': values.cpuSomeUs,
    'cpu wait': values.cpuWaitUs,
    'runnable tasks': values.runnableTasks,
    'context switches': values.contextSwitches,
    'system calls': values.systemCalls,
    'kvm exits': values.vmExits ?? sum(exits, ({ count }) => count),
    'page faults': values.minorFaults,
    'io pressure': values.ioSomeUs,
    'kernel time': values.cpuSystemUs,
    'packets in': sum(nics, ({ rxPackets }) => rxPackets),
    'packets out': sum(nics, ({ txPackets }) => txPackets),
    'disk requests': sum(disks, ({ reads, writes }) => reads + writes),
    'disk queue': sum(disks, ({ queueUs }) => queueUs),
  };
}

async function recordingOf(path: string, name: string): Promise<Recording> {
  const frames: Frame[] = [];
  for await (const batch of readTraceFile(path)) frames.push(...batch.frames);
  const rows = frames.map(signalsOf);
  const signals = new Map<string, number[]>();
  for (const key of Object.keys(rows[0] ?? {})) {
    const column = rows.map((row) => row[key] ?? 0);
    if (column.some((value) => value > 0)) signals.set(key, column);
  }
  return { name, cpu: frames.map(({ values, interval }) => (values.cpuRunUs ?? 0) / (interval * 1000)), signals };
}

async function recordingsOf(folder: string): Promise<Recording[]> {
  const files = (await traceFilesOf(folder)).filter((_, i) => i % Number(options.every) === 0);
  const recordings: Recording[] = [];
  for (const file of files) {
    for (const { vm, meters } of (await readTraceSeries(file)).values()) {
      if (meters.cpu === undefined || meters.cpu.length < 100) continue;
      const clean = (column: Float64Array): number[] =>
        Array.from(column, (value) => (Number.isNaN(value) ? 0 : value));
      const signals = new Map<string, number[]>();
      for (const key of ['memory', 'disk_read', 'disk_write', 'net_rx', 'net_tx'] as const) {
        const column = meters[key];
        if (column !== undefined) signals.set(key, clean(column));
      }
      recordings.push({ name: vm, cpu: clean(meters.cpu), signals });
    }
  }
  return recordings;
}

/** Ridge regression over fading sums: solved anew for each prediction, so that it stays exact. */
class Linear {
  readonly #size: number;
  readonly #xx: Float64Array;
  readonly #xy: Float64Array;

  constructor(size: number) {
    this.#size = size;
    this.#xx = new Float64Array(size * size);
    this.#xy = new Float64Array(size);
  }

  learn(x: readonly number[], y: number): void {
    const n = this.#size;
    for (let i = 0; i < n; i += 1) {
      this.#xy[i] = FORGETTING * this.#xy[i]! + x[i]! * y;
      for (let j = 0; j < n; j += 1) this.#xx[i * n + j] = FORGETTING * this.#xx[i * n + j]! + x[i]! * x[j]!;
    }
  }

  predict(x: readonly number[]): number {
    const weights = this.#solve();
    return x.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  }

  /** (X'X + ridge) w = X'y by Gaussian elimination; the ridge keeps it regular. */
  #solve(): Float64Array {
    const n = this.#size;
    const a = this.#xx.slice();
    const w = this.#xy.slice();
    for (let i = 0; i < n; i += 1) a[i * n + i]! += RIDGE;
    for (let i = 0; i < n; i += 1) {
      for (let k = i + 1; k < n; k += 1) {
        const part = a[k * n + i]! / a[i * n + i]!;
        for (let j = i; j < n; j += 1) a[k * n + j]! -= part * a[i * n + j]!;
        w[k]! -= part * w[i]!;
      }
    }
    for (let i = n - 1; i >= 0; i -= 1) {
      for (let j = i + 1; j < n; j += 1) w[i]! -= a[i * n + j]! * w[j]!;
      w[i]! /= a[i * n + i]!;
    }
    return w;
  }
}

const meanOf = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);

function rowAt(cpu: readonly number[], t: number, scale: number): number[] {
  const last = (n: number): readonly number[] => cpu.slice(Math.max(0, t - n + 1), t + 1);
  const [now, before] = [cpu[t]!, cpu[Math.max(0, t - 1)]!];
  const own = [scale, now, meanOf(last(3)), meanOf(last(12)), Math.max(...last(12)), now - before];
  return own.map((one) => Math.max(-10, Math.min(10, one / scale)));
}

interface Loss {
  readonly absolute: number;
  readonly pinball: number;
}

function lossOf({ cpu, signals }: Recording, chosen: readonly string[]): Loss {
  const model = new Linear(6 + 2 * chosen.length);
  const scales = chosen.map(() => 0);
  const rows: { x: number[]; scale: number; now: number; predicted: number }[] = [];
  let [scale, offset, spread] = [1e-6, 0, 0];
  let [absolute, pinball, n] = [0, 0, 0];
  for (let t = 0; t < cpu.length; t += 1) {
    const due = rows[t - LEAD];
    if (due !== undefined) {
      const error = cpu[t]! - due.predicted;
      const above = error - offset * spread;
      if (t - LEAD >= WARM_UP) {
        absolute += Math.abs(error);
        pinball += above > 0 ? 0.95 * above : -0.05 * above;
        n += 1;
      }
      spread += 0.05 * (Math.abs(error) - spread);
      offset += 0.1 * (above > 0 ? 0.95 : -0.05);
      model.learn(due.x, Math.max(-10, Math.min(10, (cpu[t]! - due.now) / due.scale)));
    }
    scale += Math.max(0.02, 1 / (t + 1)) * (cpu[t]! - scale) + 1e-6;
    const x = rowAt(cpu, t, scale);
    for (const [i, name] of chosen.entries()) {
      const [now, before] = [signals.get(name)![t]!, signals.get(name)![Math.max(0, t - 1)]!];
      scales[i]! += Math.max(0.02, 1 / (t + 1)) * (now - scales[i]!);
      const own = Math.max(scales[i]!, 1e-9);
      x.push(Math.min(10, now / own) - 1, Math.max(-10, Math.min(10, (now - before) / own)));
    }
    const now = cpu[t]!;
    const predicted = t < WARM_UP ? now : Math.max(0, now + model.predict(x) * scale);
    rows.push({ x, scale, now, predicted });
  }
  return { absolute: absolute / n, pinball: pinball / n };
}

function compare(title: string, recordings: readonly Recording[]): string {
  const names = [...new Set(recordings.flatMap(({ signals }) => [...signals.keys()]))];
  const next = chance(3);
  const noisy = recordings.map((one) => ({
    ...one,
    signals: new Map([...one.signals, ['noise', one.cpu.map(() => -Math.log(1 - next()))]]),
  }));
  const own = noisy.map((recording) => lossOf(recording, []));
  const lines = [
    `${title}: cpu 5 s ahead, loss as a share of that of cpu's own history`,
    'with               recordings   absolute  better in   pinball .95  better in',
  ];
  const line = (name: string, chosenOf: (recording: Recording) => string[]): void => {
    const ratios: Loss[] = [];
    for (const [i, recording] of noisy.entries()) {
      const chosen = chosenOf(recording);
      if (chosen.length === 0 || !(own[i]!.absolute > 1e-6)) continue;
      const loss = lossOf(recording, chosen);
      ratios.push({ absolute: loss.absolute / own[i]!.absolute, pinball: loss.pinball / own[i]!.pinball });
    }
    if (ratios.length === 0) return;
    const cells = (['absolute', 'pinball'] as const).map((key) => {
      const mean = Math.exp(meanOf(ratios.map((one) => Math.log(one[key]))));
      return `${mean.toFixed(3).padStart(11)}${String(ratios.filter((one) => one[key] < 1).length).padStart(11)}`;
    });
    lines.push(`${name.padEnd(18)}${String(ratios.length).padStart(11)}${cells.join('   ')}`);
  };
  for (const name of [...names, 'noise']) line(name, ({ signals }) => (signals.has(name) ? [name] : []));
  line('all', ({ signals }) => [...signals.keys()].filter((key) => key !== 'noise'));
  return lines.join('\n');
}

const traces = (await readdir(options.traces)).filter((name) => name.endsWith('.trace')).sort();
const recorded = await Promise.all(traces.map((name) => recordingOf(join(options.traces, name), name)));
const parts = [compare('recordings', recorded)];
if (options.data !== undefined) {
  for (const folder of FOLDERS) parts.push(compare(folder, await recordingsOf(join(options.data, folder))));
}
process.stdout.write(`${parts.join('\n\n')}\n`);
