/**
 * How fast shadows replay: `node test/bench/replay.bench.ts [minutes]`. Prints VM-samples (six meters of four resources, with
 * a forecast after each) per second of processor time, the same with sizes, beside a bare loop over the same samples that keeps
 * nothing but six fading maxima; and the bytes of the checkpoint of an EC2 instance after a day of seconds, when all its times of day
 * are known, with what the sizer keeps, as it rides and is stored.
 */
import { storedShadow } from '../../lambdas/replay/stored-shadow.ts';
import { METERS, type Meter } from '../../lib/core/meter.ts';
import type { Forecast } from '../../lib/core/forecast/forecast.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import { RiskPool } from '../../lib/core/sizing/risk-pool.ts';
import { RiskTracker } from '../../lib/core/sizing/risk-tracker.ts';
import { frameOfSample } from '../../lib/core/trace/sample.ts';
import type { Frame, Primary } from '../../lib/core/trace/frame.ts';

const VMS = 20;
const SAMPLES = Number(process.argv[2] ?? 30) * 60;

/** A seeded generator: the benchmark does the same work on every machine. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = chance(7);
function frameOf(v: number, i: number): Frame {
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
}

const frames: Frame[][] = Array.from({ length: VMS }, (_, v) =>
  Array.from({ length: SAMPLES }, (_, i) => frameOf(v, i)),
);

/** Described as an EC2 instance is: its id, a name, an image and two tags are part of the checkpoint. */
function aShadow(v: number): Shadow {
  const vm = `i-0f3a9c51d27e4b8${String(v).padStart(2, '0')}`;
  const tags = { team: 'web', tier: 'front' };
  const primary: Primary = { vm, name: `web-${v}`, image: 'ami-07d1c0e6a2b94f358', tags, actuator: 'ec2' };
  return Shadow.create(primary, vm, { lead: 5_000, hold: 5_000 }, 0);
}

function forecastAfter(shadow: Shadow, frame: Frame, i: number): Forecast {
  shadow.apply({ host: shadow.host, epoch: '5b1c64d2-6a0e-4a37-8f64-0d1f6f6c2b11', sequence: i + 1 }, frame);
  return shadow.forecast()!;
}

function replay(): void {
  for (const [v, own] of frames.entries()) {
    const shadow = aShadow(v);
    for (const [i, frame] of own.entries()) forecastAfter(shadow, frame, i);
  }
}

function sizeAfter(shadow: Shadow, sizer: RiskTracker, forecast: Forecast): void {
  const told: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) told[meter] = forecast.meters[meter]!.demand.low;
  sizer.size(forecast, { told, steps: shadow.steps });
}

function replayAndSize(): void {
  const pool = new RiskPool(0.01);
  const vms = frames.map((_, v) => ({ shadow: aShadow(v), sizer: new RiskTracker(pool) }));
  for (let i = 0; i < SAMPLES; i += 1) {
    for (const [v, { shadow, sizer }] of vms.entries()) {
      sizeAfter(shadow, sizer, forecastAfter(shadow, frames[v]![i]!, i));
    }
  }
}

function checkpointOfADay(): number {
  const [shadow, sizer] = [aShadow(0), new RiskTracker(new RiskPool(0.01))];
  for (let i = 0; i < 86_400; i += 1) sizeAfter(shadow, sizer, forecastAfter(shadow, frameOf(0, i), i));
  shadow.sizing = sizer.bytes;
  return storedShadow(shadow).length;
}

function bareLoop(): void {
  for (const own of frames) {
    const most = METERS.map(() => 0);
    for (const { values } of own) {
      const used = values.cpuRunUs ?? 0;
      for (let m = 0; m < most.length; m += 1) most[m] = Math.max((most[m] ?? 0) * 0.999, used * m);
    }
    if (most[0] === Infinity) throw new Error('the loop must not be optimised away');
  }
}

/** Best of three, in VM-samples per second of processor time. */
function rate(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 3; i += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return (VMS * SAMPLES) / best;
}

const bare = rate(bareLoop);
const shadows = rate(replay);
const sized = rate(replayAndSize);
process.stdout.write(
  [
    `replay and forecast  ${Math.round(shadows)} VM-samples per core-second`,
    `and size             ${Math.round(sized)} VM-samples per core-second`,
    `bare loop            ${Math.round(bare)} VM-samples per core-second`,
    `ratio                ${(bare / shadows).toFixed(1)}`,
    `checkpoint of a day  ${checkpointOfADay()} bytes`,
    '',
  ].join('\n'),
);
