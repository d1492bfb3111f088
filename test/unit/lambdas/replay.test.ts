import { shadowOf } from '../../../lambdas/replay/stored-shadow.ts';
import { replayHandler, type ReplayEvent } from '../../../lambdas/replay/replay.ts';
import { memoryShadowStore } from '../../../lib/adapters/memory/shadow-store.ts';
import { decodeBatch, encodeBatch } from '../../../lib/adapters/trace/wire.ts';
import { Fault } from '../../../lib/core/fault.ts';
import type { Plan } from '../../../lib/core/plan/plan.ts';
import { DEFAULT_METER_POLICY, type MeterPolicy, type PolicySet } from '../../../lib/core/policy/policy.ts';
import { METERS } from '../../../lib/core/meter.ts';
import type { Batch } from '../../../lib/core/trace/frame.ts';
import type { ShadowStore } from '../../../lib/ports/shadow-store.ts';
import { aBatch, aFrame, aPrimary } from '../../support/builders.ts';
import { aContext, aQuietPlatform, aWitness } from '../../support/platform.ts';

const T0 = 1_700_000_000_000;
const at = (second: number): number => T0 + second * 1_000;

const auto: MeterPolicy = {
  ...DEFAULT_METER_POLICY,
  increase: { ...DEFAULT_METER_POLICY.increase, mode: 'auto' },
};
const policies: PolicySet = {
  policies: [
    {
      name: 'all',
      match: {},
      stale: 15_000,
      meters: Object.fromEntries(METERS.map((meter) => [meter, auto])) as never,
    },
  ],
};

const recordOf = (batch: Batch, sequenceNumber: string): ReplayEvent['Records'][number] => ({
  kinesis: { data: Buffer.from(encodeBatch(batch)).toString('base64'), partitionKey: batch.host, sequenceNumber },
});

/** Second `n` of `kvm1/web` as a batch of its own; the first describes the VM. */
const second = (n: number, cpu = 0.5): Batch =>
  aBatch({ sequence: n, frames: [aFrame({ at: at(n), cpu })], ...(n === 1 ? { primaries: [aPrimary()] } : {}) });

const eventOf = (batches: readonly Batch[], parts: Partial<ReplayEvent> = {}): ReplayEvent => ({
  Records: batches.map((batch, index) => recordOf(batch, String(index + 1))),
  ...parts,
});

const WINDOW = { start: new Date(at(0)).toISOString(), end: new Date(at(60)).toISOString() };

/** The time of a record's newest frame, so that the clock stands there when the record is delivered. */
const newestOf = (data: string): number[] => {
  try {
    return decodeBatch(Buffer.from(data, 'base64')).frames.map((frame) => frame.at);
  } catch {
    return [];
  }
};

const aReplay = (parts: { shadows?: ShadowStore; start?: (plan: Plan) => Promise<boolean> } = {}) => {
  const shadows = parts.shadows ?? memoryShadowStore();
  const observer = aWitness();
  const started: Plan[] = [];
  const now = { value: at(0) };
  const handler = replayHandler(
    {
      shadows,
      observer,
      policies,
      workflow: {
        start:
          parts.start ??
          ((plan) => {
            started.push(plan);
            return Promise.resolve(true);
          }),
      },
      horizon: { lead: 5_000, hold: 5_000 },
      risk: { share: 0.01, of: 'shard' },
      now: () => now.value,
    },
    aQuietPlatform(),
  );
  const invoke = async (event: ReplayEvent) => {
    const times = event.Records.flatMap(({ kinesis }) => newestOf(kinesis.data));
    now.value = Math.max(now.value, ...times);
    return handler(event, aContext());
  };
  return { invoke, shadows, observer, started, now };
};

const framesOf = async (store: ShadowStore, vm = 'kvm1/web'): Promise<number | undefined> => {
  const stored = await store.get(vm);
  return stored?.kind === 'live' ? shadowOf(stored.state)!.frames : undefined;
};

describe('replay', () => {
  it('brings frames into a shadow and, without a window, writes it after each batch', async () => {
    const { invoke, shadows } = aReplay();

    const result = await invoke(eventOf([second(1), second(2)]));

    expect(result).toEqual({ batchItemFailures: [], state: {} });
    expect(await framesOf(shadows)).toBe(2);
    expect(await shadows.get('kvm1/web')).toMatchObject({ version: 1 });
  });

  it('carries shadows in the state of a window and writes them once, at its end', async () => {
    const { invoke, shadows } = aReplay();

    const first = await invoke(eventOf([second(1)], { window: WINDOW, state: {} }));
    const next = await invoke(eventOf([second(2)], { window: WINDOW, state: first.state }));
    expect(await shadows.get('kvm1/web')).toBeUndefined();
    const last = await invoke(eventOf([], { window: WINDOW, state: next.state, isFinalInvokeForWindow: true }));

    expect(last).toEqual({ batchItemFailures: [], state: {} });
    expect(await framesOf(shadows)).toBe(2);
  });

  it('goes on from the checkpoint in the next window', async () => {
    const { invoke, shadows } = aReplay();
    for (const n of [1, 2, 3]) {
      const { state } = await invoke(eventOf([second(n)], { window: WINDOW, state: {} }));
      await invoke(eventOf([], { window: WINDOW, state, isFinalInvokeForWindow: true }));
    }

    expect(await framesOf(shadows)).toBe(3);
    expect(await shadows.get('kvm1/web')).toMatchObject({ version: 3 });
  });

  it('counts a record that comes twice once, and one that comes late once', async () => {
    const { invoke, shadows, observer } = aReplay();

    await invoke(eventOf([second(1), second(3), second(2), second(3), second(1)]));

    expect(await framesOf(shadows)).toBe(3);
    expect(observer.calls.applied).toHaveLength(3);
    expect(observer.calls.dropped).toMatchObject([{ reason: 'duplicate' }, { reason: 'duplicate' }]);
  });

  it('reports a damaged record and takes the ones around it', async () => {
    const { invoke, shadows } = aReplay();
    const event = eventOf([second(1), second(2), second(3)]);
    const damaged = event.Records.map((record, index) =>
      index === 1 ? { kinesis: { ...record.kinesis, data: record.kinesis.data.slice(0, 40) } } : record,
    );

    const result = await invoke({ Records: damaged });

    expect(result.batchItemFailures).toEqual([{ itemIdentifier: '2' }]);
    expect(await framesOf(shadows)).toBe(2);
  });

  it('takes nothing twice when a partial failure is redelivered from the failed record on', async () => {
    const { invoke, shadows } = aReplay();
    const event = eventOf([second(1), second(2), second(3)]);
    const damaged = { kinesis: { ...event.Records[1]!.kinesis, data: 'AAAA' } };
    await invoke({ Records: [event.Records[0]!, damaged, event.Records[2]!] });

    const result = await invoke({ Records: event.Records.slice(1) });

    expect(result.batchItemFailures).toEqual([]);
    expect(await framesOf(shadows)).toBe(3);
  });

  it('reports the record when the store does not answer, and loses nothing', async () => {
    const real = memoryShadowStore();
    let failures = 1;
    const shadows: ShadowStore = {
      ...real,
      get: async (vm) => {
        failures -= 1;
        if (failures >= 0) throw new Fault('STORE_UNAVAILABLE', 'no answer', { retryable: true });
        return real.get(vm);
      },
    };
    const { invoke } = aReplay({ shadows });

    const failed = await invoke(eventOf([second(1)]));
    const retried = await invoke(eventOf([second(1)]));

    expect(failed.batchItemFailures).toEqual([{ itemIdentifier: '1' }]);
    expect(retried.batchItemFailures).toEqual([]);
    expect(await framesOf(real)).toBe(1);
  });

  it('starts one plan when demand outgrows the allocation, and no second one while it is on its way', async () => {
    const { invoke, started } = aReplay();
    let state = {};
    for (let n = 1; n <= 30; n++) {
      const result = await invoke(eventOf([second(n, 0.2 + 0.026 * n)], { window: WINDOW, state }));
      ({ state } = result);
    }

    expect(started.length).toBeGreaterThan(0);
    expect(started[0]).toMatchObject({ vm: 'kvm1/web', host: 'kvm1', rung: 'kvm', policy: 'all', from: { cpu: 1 } });
    expect(started[0]!.set.cpu).toBeGreaterThan(1);
    const gaps = started.slice(1).map((plan, index) => plan.sampledAt - started[index]!.sampledAt);
    for (const gap of gaps) expect(gap).toBeGreaterThan(10_000);
  });

  it('tries again from the next frame when a plan could not be started', async () => {
    let tries = 0;
    const { invoke, observer } = aReplay({
      start: () => {
        tries += 1;
        return tries === 1
          ? Promise.reject(new Fault('ACT_FAILED', 'throttled', { retryable: true }))
          : Promise.resolve(true);
      },
    });
    const triedAt: number[] = [];
    let state = {};
    for (let n = 1; n <= 14; n++) {
      const before = tries;
      const result = await invoke(eventOf([second(n, n < 10 ? 0.3 : 1)], { window: WINDOW, state }));
      expect(result.batchItemFailures).toEqual([]);
      if (tries > before) triedAt.push(n);
      ({ state } = result);
    }

    expect(triedAt[1]).toBe(triedAt[0]! + 1);
    expect(observer.calls.planned).toHaveLength(1);
  });

  it('ends a shadow with its primary, in the window and in the store, and lets no late frame revive it', async () => {
    const { invoke, shadows, observer } = aReplay();
    const ended = aBatch({ sequence: 3, frames: [], events: [{ vm: 'kvm1/web', kind: 'ended', at: at(3) }] });

    await invoke(eventOf([second(1), second(2)]));
    await invoke(eventOf([ended, second(4)]));

    expect(await shadows.get('kvm1/web')).toMatchObject({ kind: 'ended', endedAt: at(3) });
    expect(observer.calls.dropped).toMatchObject([{ reason: 'ended' }]);
  });

  it('begins a new shadow when a VM of the same name appears after the end', async () => {
    const { invoke, shadows } = aReplay();
    const ended = aBatch({ sequence: 3, frames: [], events: [{ vm: 'kvm1/web', kind: 'ended', at: at(3) }] });
    const again = aBatch({
      sequence: 4,
      frames: [aFrame({ at: at(9) })],
      primaries: [aPrimary({ image: 'debian-13' })],
      events: [{ vm: 'kvm1/web', kind: 'appeared', at: at(8) }],
    });

    await invoke(eventOf([second(1), ended, again]));

    const stored = await shadows.get('kvm1/web');
    const shadow = shadowOf(stored?.kind === 'live' ? stored.state : new Uint8Array())!;
    expect([shadow.frames, shadow.primary.image]).toEqual([1, 'debian-13']);
  });

  it('begins the shadow of a VM with what the one before it with its image has shown', async () => {
    const { invoke, shadows } = aReplay();
    const life = (vm: string, from: number, count: number): Batch[] => {
      const frames = Array.from({ length: count }, (_, i) => aFrame({ vm, at: at(from + i), cpu: i < 7 ? 0.1 : 3 }));
      const primary = aPrimary({ vm, name: vm, image: 'ami-1' });
      return frames.map((frame, i) =>
        aBatch({ epoch: vm, sequence: i + 1, frames: [frame], ...(i === 0 ? { primaries: [primary] } : {}) }),
      );
    };
    const end = aBatch({ sequence: 1, epoch: 'end', frames: [], events: [{ vm: 'one', kind: 'ended', at: at(121) }] });
    const highest = async (vm: string): Promise<number> => {
      const stored = await shadows.get(vm);
      const shadow = shadowOf(stored?.kind === 'live' ? stored.state : new Uint8Array())!;
      return shadow.forecast()!.meters.cpu!.values.at(-1)!;
    };

    await invoke(eventOf(life('one', 1, 3)));
    const blind = await highest('one');
    await invoke(eventOf([...life('one', 1, 120).slice(3), end, ...life('two', 130, 3)]));

    expect(await highest('two')).toBeGreaterThan(3);
    expect(blind).toBeLessThan(2);
    expect(await shadows.elder('ami-1')).toMatchObject({ isGrown: false, seenAt: at(120) });
  });

  it('loses no frame and strands no VM where elders can be neither read nor kept', async () => {
    const away = (): Promise<never> => Promise.reject(new Fault('STORE_UNAVAILABLE', 'away', { retryable: true }));
    const { invoke, shadows, observer } = aReplay({
      shadows: { ...memoryShadowStore(), elder: away, keepElder: away },
    });
    const life = Array.from({ length: 100 }, (_, i) =>
      aBatch({
        sequence: i + 1,
        frames: [aFrame({ at: at(i + 1) })],
        ...(i === 0 ? { primaries: [aPrimary({ image: 'ami-1' })] } : {}),
      }),
    );
    const ended = aBatch({ sequence: 101, frames: [], events: [{ vm: 'kvm1/web', kind: 'ended', at: at(101) }] });

    const alive = await invoke(eventOf(life));

    expect(alive.batchItemFailures).toEqual([]);
    expect(await framesOf(shadows)).toBe(100);
    expect(observer.calls.dropped).toEqual([]);
    expect((await invoke(eventOf([ended]))).batchItemFailures).toEqual([]);
    expect(await shadows.get('kvm1/web')).toMatchObject({ kind: 'ended', endedAt: at(101) });
  });

  it('begins it anew where what is kept for its image is of a format that it cannot read', async () => {
    const { invoke, shadows } = aReplay();
    await shadows.keepElder({ image: 'ami-1', isGrown: true, state: Uint8Array.of(1, 2, 3), seenAt: at(0) });
    const first = aBatch({ sequence: 1, frames: [aFrame({ at: at(1) })], primaries: [aPrimary({ image: 'ami-1' })] });

    const { batchItemFailures } = await invoke(eventOf([first]));

    expect(batchItemFailures).toEqual([]);
    expect(await framesOf(shadows)).toBe(1);
  });

  it('drops frames for a VM that belongs to another host', async () => {
    const { invoke, shadows, observer } = aReplay();

    await invoke(eventOf([second(1), { ...second(2), host: 'intruder' }]));

    expect(await framesOf(shadows)).toBe(1);
    expect(observer.calls.dropped).toMatchObject([{ reason: 'foreign' }]);
  });

  it('begins anew, over the old version, where a checkpoint is of a format that it cannot read', async () => {
    const { invoke, shadows } = aReplay();
    await shadows.put({ vm: 'kvm1/web', version: 1, state: Uint8Array.of(9, 9, 9), seenAt: at(0) });

    const result = await invoke(eventOf([second(1)], { window: WINDOW, state: { 'kvm1/web': 'CQkJ' } }));
    await invoke(eventOf([], { window: WINDOW, state: result.state, isFinalInvokeForWindow: true }));

    expect(result.batchItemFailures).toEqual([]);
    expect(await framesOf(shadows)).toBe(1);
    expect(await shadows.get('kvm1/web')).toMatchObject({ version: 2 });
  });

  it.each(['appeared', 'resumed'] as const)('begins a shadow at the first sign of life: %s', async (kind) => {
    const { invoke, shadows } = aReplay();
    const primaries = [aPrimary({ actuator: 'ec2' })];

    await invoke(eventOf([aBatch({ frames: [], primaries, events: [{ vm: 'kvm1/web', kind, at: at(1) }] })]));

    const stored = await shadows.get('kvm1/web');
    expect(shadowOf(stored?.kind === 'live' ? stored.state : new Uint8Array())!.primary.actuator).toBe('ec2');
  });

  it('suspends and resumes', async () => {
    const { invoke, shadows } = aReplay();
    const suspended = aBatch({ sequence: 2, frames: [], events: [{ vm: 'kvm1/web', kind: 'suspended', at: at(2) }] });

    await invoke(eventOf([second(1), suspended]));

    const stored = await shadows.get('kvm1/web');
    expect(shadowOf(stored?.kind === 'live' ? stored.state : new Uint8Array())!.state).toBe('suspended');
  });
});
