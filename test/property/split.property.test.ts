import fc from 'fast-check';
import { replayHandler, type ReplayEvent } from '../../lambdas/replay/replay.ts';
import type { WindowState } from '../../lambdas/replay/window.ts';
import { memoryShadowStore } from '../../lib/adapters/memory/shadow-store.ts';
import { encodeBatch } from '../../lib/adapters/trace/wire.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import type { Batch, Frame } from '../../lib/core/trace/frame.ts';
import type { VmId } from '../../lib/core/units.ts';
import { aContext, aQuietPlatform, aWitness } from '../support/platform.ts';

const T0 = 1_700_000_000_000;
const HOST = 'kvm1';
const HORIZON = { lead: 2_000, hold: 3_000 };

/** What one VM did in one second; some of it at the limit of 4 vCPUs, some of it unknown. */
const use = fc.record({
  cpu: fc.oneof(fc.double({ min: 0, max: 4, noNaN: true }), fc.constant(4)),
  waits: fc.boolean(),
  memory: fc.option(fc.nat({ max: 2 ** 31 }), { nil: undefined }),
  read: fc.option(fc.nat({ max: 1e9 }), { nil: undefined }),
});

const frameOf = (vm: VmId, second: number, { cpu, waits, memory, read }: Use): Frame => ({
  vm,
  at: T0 + second * 1000,
  interval: 1000,
  values: {
    cpuCount: 4,
    cpuRunUs: Math.round(cpu * 1e6),
    ...(waits && { cpuWaitUs: 700_000 }),
    ...(memory !== undefined && { memoryTotalBytes: 2 ** 31, memoryAvailableBytes: 2 ** 31 - memory }),
  },
  ...(read !== undefined && { disks: [{ ...NO_DISK_USE, reads: 1, readBytes: read }] }),
  allocation: { cpu: 4 },
});
type Use = typeof use extends fc.Arbitrary<infer T> ? T : never;
const NO_DISK_USE = {
  name: 'vda',
  reads: 0,
  writes: 0,
  flushes: 0,
  readBytes: 0,
  writeBytes: 0,
  readUs: 0,
  writeUs: 0,
  busyUs: 0,
  queueUs: 0,
};

/**
 * The batches of a host with three VMs as they arrive: a VM may be missing, a frame may come a batch late or twice, a batch
 * may come twice or after the next one.
 */
const arrivals: fc.Arbitrary<readonly Batch[]> = fc
  .array(
    fc.record({
      uses: fc.tuple(
        fc.option(use, { nil: undefined }),
        fc.option(use, { nil: undefined }),
        fc.option(use, { nil: undefined }),
      ),
      fate: fc.constantFrom('in order', 'in order', 'in order', 'twice', 'swapped', 'late frame'),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((seconds) => {
    const batches: Batch[] = [];
    let held: readonly Frame[] = [];
    for (const [i, { uses, fate }] of seconds.entries()) {
      const own = uses.flatMap((one, v) => (one === undefined ? [] : [frameOf(`${HOST}/vm${v}`, i + 1, one)]));
      const sent = fate === 'late frame' ? own.slice(1) : own;
      const batch = { host: HOST, epoch: 'e1', sequence: i + 1, frames: [...sent, ...held] };
      held = fate === 'late frame' ? own.slice(0, 1) : [];
      if (fate === 'swapped') batches.splice(-1, 0, batch);
      else batches.push(batch);
      if (fate === 'twice') batches.push(batch);
    }
    return batches;
  });
const boundaries = fc.array(fc.boolean(), { minLength: 42, maxLength: 42 });

type Shadows = Map<VmId, Shadow>;

function play(shadows: Shadows, { host, epoch, sequence, frames }: Batch): void {
  for (const frame of frames) {
    let shadow = shadows.get(frame.vm);
    if (shadow === undefined) {
      const primary = { vm: frame.vm, name: frame.vm, actuator: 'none' } as const;
      shadows.set(frame.vm, (shadow = Shadow.create(primary, host, HORIZON, frame.at - frame.interval)));
    }
    shadow.apply({ host, epoch, sequence }, frame);
  }
}

const handOn = (shadows: Shadows): Shadows =>
  new Map(Array.from(shadows, ([vm, shadow]) => [vm, Shadow.decode(shadow.encode())]));

/** As text: jest compares long arrays element by element, slowly. */
const bytesOf = (shadows: Shadows, vm: VmId): string =>
  Buffer.from(shadows.get(vm)?.encode() ?? new Uint8Array()).toString('base64');

/** Plays the batches through the replay function, one invocation for each run of batches between two boundaries. */
async function invokeAll(batches: readonly Batch[], isBoundary: (i: number) => boolean): Promise<WindowState> {
  const store = memoryShadowStore();
  const workflow = { start: () => Promise.resolve(true) };
  const now = (): number => T0 + 60_000;
  const deps = {
    shadows: store,
    workflow,
    observer: aWitness(),
    policies: { policies: [] },
    horizon: HORIZON,
    risk: { share: 0.01, of: 'shard' } as const,
    now,
  };
  const handler = replayHandler(deps, aQuietPlatform());
  const window = { start: new Date(T0).toISOString(), end: new Date(T0 + 60_000).toISOString() };
  let state: WindowState = {};
  let records: ReplayEvent['Records'][number][] = [];
  for (const [i, batch] of batches.entries()) {
    const data = Buffer.from(encodeBatch(batch)).toString('base64');
    records.push({ kinesis: { data, partitionKey: HOST, sequenceNumber: String(i) } });
    if (i + 1 < batches.length && !isBoundary(i)) continue;
    const result = await handler({ Records: records, window, state }, aContext());
    expect(result.batchItemFailures).toEqual([]);
    // As between two invocations: nothing survives but JSON.
    state = JSON.parse(JSON.stringify(result.state)) as WindowState;
    records = [];
  }
  return state;
}

describe('the same batches give the same bytes', () => {
  it('on two runs, and with all shadows handed on as checkpoints at any batch boundaries', () => {
    fc.assert(
      fc.property(arrivals, boundaries, (batches, cuts) => {
        const whole: Shadows = new Map();
        const again: Shadows = new Map();
        let split: Shadows = new Map();
        for (const [i, batch] of batches.entries()) {
          for (const shadows of [whole, again, split]) play(shadows, batch);
          if (cuts[i] === true) split = handOn(split);
        }

        for (const [vm, shadow] of whole) {
          expect(bytesOf(again, vm)).toBe(bytesOf(whole, vm));
          expect(bytesOf(split, vm)).toBe(bytesOf(whole, vm));
          expect(split.get(vm)!.forecast()).toEqual(shadow.forecast());
        }
      }),
      { numRuns: 12 },
    );
  });

  it('when a batch is delivered again right after a checkpoint that holds it', () => {
    fc.assert(
      fc.property(arrivals, boundaries, (batches, cuts) => {
        const whole: Shadows = new Map();
        let split: Shadows = new Map();
        for (const [i, batch] of batches.entries()) {
          play(whole, batch);
          play(split, batch);
          if (cuts[i] !== true) continue;
          split = handOn(split);
          play(split, batch);
        }

        for (const vm of whole.keys()) expect(bytesOf(split, vm)).toBe(bytesOf(whole, vm));
      }),
      { numRuns: 12 },
    );
  });

  it('through the replay function, whatever batches one invocation of a window gets', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, boundaries, async (batches, cuts) => {
        const whole = await invokeAll(batches, () => false);
        const split = await invokeAll(batches, (i) => cuts[i] === true);

        expect(JSON.stringify(split)).toBe(JSON.stringify(whole));
      }),
      { numRuns: 6 },
    );
  });
});
