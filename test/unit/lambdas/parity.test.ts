import { applyBatch } from '../../../lambdas/replay/apply.ts';
import { Window, type ReplayRisk, type WindowState } from '../../../lambdas/replay/window.ts';
import { memoryShadowStore } from '../../../lib/adapters/memory/shadow-store.ts';
import { ourSizes } from '../../../lib/core/score/our-sizes.ts';
import type { UseSeries } from '../../../lib/core/shadow/replay-series.ts';
import type { Batch, Primary } from '../../../lib/core/trace/frame.ts';
import { frameOfSample } from '../../../lib/core/trace/sample.ts';
import { aWitness } from '../../support/platform.ts';

const T0 = 1_700_000_000_000;
const SECONDS = 300;
const HORIZON = { lead: 5_000, hold: 5_000 };
const RISK = 0.05;
const SHARED: ReplayRisk = { share: RISK, of: 'shard' };
const ALONE: ReplayRisk = { share: RISK, of: 'vm' };

/** Demand that rises and falls, with a burst every 30 seconds that grows with the VM's number. */
const useOf = (v: number, i: number): number =>
  (v + 1) * (1 + Math.sin(i / 20)) + (i % 30 === 7 * v ? 3 * v : 0) + ((i * 7919 * (v + 3)) % 101) / 100;

/** When each VM appears; the last one is of the image of the first, which has been known for 150 seconds then. */
const BORN = [0, 0, 0, 150];
const bornOf = (v: number): number => BORN[v] ?? 0;
const imageOf = (v: number): string => (v === 3 ? 'image-0' : `image-${v}`);

const pool: UseSeries[] = ['a', 'b', 'c', 'd'].map((vm, v) => {
  const from = <T>(values: T[]): T[] => values.slice(bornOf(v));
  const seconds = Array.from({ length: SECONDS }, (_, i) => i);
  return {
    vm,
    image: imageOf(v),
    times: Float64Array.from(from(seconds), (i) => T0 + i * 1000),
    meters: {
      cpu: Float64Array.from(from(seconds), (i) => useOf(v, i)),
      net_rx: Float64Array.from(from(seconds), (i) => (v === 1 ? Number.NaN : 1e5 * useOf(v, i + 11))),
    },
    cpuCapacity: new Float64Array(SECONDS - bornOf(v)).fill(64),
  };
});

/** Second i as a batch; who appears is described. */
function batchAt(i: number): Batch {
  const living = pool.map((series, v) => ({ ...series, v, row: i - bornOf(v) })).filter(({ row }) => row >= 0);
  const frames = living.map(({ vm, meters, row }) => {
    const use = Object.fromEntries(
      Object.entries(meters).flatMap(([meter, values]) => (Number.isNaN(values[row]) ? [] : [[meter, values[row]]])),
    );
    const interval = row === 0 ? HORIZON.hold : 1000;
    return frameOfSample({ time: T0 + i * 1000, vm, use, capacity: { cpu: 64 } }, interval);
  });
  const newborn = living.filter(({ row }) => row === 0);
  const primaries = newborn.map(({ vm, v }): Primary => ({ vm, name: vm, image: imageOf(v), actuator: 'none' }));
  return { host: 'recording', epoch: '1', sequence: i + 1, frames, primaries };
}

/** The cpu and network sizes that the replay function finds after each second, its state handed on every so often. */
async function live(handOnEvery: number, risk: ReplayRisk): Promise<number[][]> {
  const store = memoryShadowStore();
  const targets = pool.map((): number[] => []);
  let state: WindowState = {};
  let window = new Window(store, state, risk);
  for (let i = 0; i < SECONDS; i += 1) {
    const deps = { window, horizon: HORIZON, observer: aWitness() };
    const moved = await applyBatch(deps, batchAt(i));
    for (const [v, { vm }] of pool.entries()) {
      const target = moved.get(vm)?.recommendation.target;
      if (target !== undefined) targets[v]!.push(target.cpu!, target.net_rx ?? Number.NaN);
    }
    if (i % handOnEvery !== handOnEvery - 1) continue;
    state = JSON.parse(JSON.stringify(await window.state())) as WindowState;
    window = new Window(store, state, risk);
  }
  return targets;
}

describe('the replay function', () => {
  it.each([
    [5, SHARED],
    [37, SHARED],
    [SECONDS, SHARED],
    [37, ALONE],
  ])('finds the sizes of the backtest, its state handed on every %i batches: %j', async (every, risk) => {
    const sizes = ourSizes(pool, HORIZON, { risks: [RISK] });

    const targets = await live(every, risk);

    for (const [v, { shared, own }] of sizes.entries()) {
      const columns = risk.of === 'shard' ? shared : own;
      const [cpu, network] = [columns.get('cpu')!, columns.get('net_rx')];
      const expected = Array.from(cpu, (size, i) => [size, network?.[i] ?? Number.NaN]);
      // In the last second of a recording VMs leave the pool one after the other.
      expect(targets[v]!.slice(0, -2)).toEqual(expected.slice(0, -1).flat());
    }
  });
});
