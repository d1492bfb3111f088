/**
 * How fast shadows replay: `node test/bench/replay.bench.ts [seconds]`. Prints VM-samples (six meters of four resources, with
 * a forecast after each) per second of processor time, beside a bare loop over the same samples that keeps nothing but six
 * fading maxima, and the bytes of a checkpoint.
 */
import { METERS, type Meter } from '../../lib/core/meter.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import { frameOfSample } from '../../lib/core/trace/sample.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';

const VMS = 20;
const SAMPLES = Number(process.argv[2] ?? 3) * 600;

/** A seeded generator: the benchmark does the same work on every machine. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = chance(7);
const frames: Frame[][] = Array.from({ length: VMS }, (_, v) =>
  Array.from({ length: SAMPLES }, (_, i) => {
    const wave = 1 + Math.sin((i + 40 * v) / 60) + next() + (next() > 0.99 ? 5 : 0);
    const use: Record<Meter, number> = {
      cpu: wave,
      memory: wave * 2 ** 30,
      disk_read: next() > 0.7 ? wave * 1e6 : 0,
      disk_write: wave * 1e5,
      net_rx: wave * 1e4 * next(),
      net_tx: wave * 1e4,
    };
    const sample = { time: 1_700_000_000_000 + i * 1000, vm: `vm${v}`, use, capacity: { cpu: 16, memory: 2 ** 36 } };
    return frameOfSample(sample, 1000);
  }),
);

function replay(): number {
  let bytes = 0;
  for (const [v, own] of frames.entries()) {
    const primary = { vm: `vm${v}`, name: `vm${v}`, actuator: 'none' } as const;
    const shadow = Shadow.create(primary, 'bench', { lead: 5_000, hold: 5_000 }, 0);
    for (const [i, frame] of own.entries()) {
      shadow.apply({ host: 'bench', epoch: 'e', sequence: i + 1 }, frame);
      shadow.forecast();
    }
    bytes = Math.max(bytes, shadow.encode().length);
  }
  return bytes;
}

function bareLoop(): number {
  let sum = 0;
  for (const own of frames) {
    const most = METERS.map(() => 0);
    for (const { values } of own) {
      const used = values.cpuRunUs ?? 0;
      for (let m = 0; m < most.length; m += 1) most[m] = Math.max((most[m] ?? 0) * 0.999, used * m);
    }
    sum += most[0] ?? 0;
  }
  return sum;
}

/** Best of three, in VM-samples per second of processor time. */
function rate(run: () => number): { perSecond: number; result: number } {
  let [best, result] = [Infinity, 0];
  for (let i = 0; i < 3; i += 1) {
    const before = process.cpuUsage();
    result = run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return { perSecond: (VMS * SAMPLES) / best, result };
}

const bare = rate(bareLoop);
const shadows = rate(replay);
process.stdout.write(
  [
    `replay and forecast  ${Math.round(shadows.perSecond)} VM-samples per core-second`,
    `bare loop            ${Math.round(bare.perSecond)} VM-samples per core-second`,
    `ratio                ${(bare.perSecond / shadows.perSecond).toFixed(1)}`,
    `checkpoint           ${shadows.result} bytes at most`,
    '',
  ].join('\n'),
);
