import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocate, rehearse } from '../../../agent/allocator/allocate.ts';
import type { AllocateDeps } from '../../../agent/allocator/allocate.ts';
import { fileFences } from '../../../agent/allocator/fences.ts';
import type { HypervisorDriver } from '../../../agent/allocator/hypervisor-driver.ts';
import { PATIENCE } from '../../../agent/allocator/read-back.ts';
import { memoryHypervisor } from '../../../lib/adapters/memory/hypervisor.ts';
import { Fault } from '../../../lib/core/fault.ts';
import { aPlan } from '../../support/builders.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

const MIB = 2 ** 20;
const BEFORE = { cpu: 2, memory: 256 * MIB, net_tx: 10e6 };

describe('allocate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'allocate-'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  let scene = 0;
  const aHost = (driver: Partial<HypervisorDriver> = {}) => {
    const hypervisor = memoryHypervisor();
    hypervisor.start('kvm1/web', BEFORE);
    const clock = steppingClock();
    const deps: AllocateDeps = {
      hypervisor: { ...hypervisor, ...driver },
      clock,
      fences: fileFences({
        directory: join(directory, String((scene += 1))),
        clock,
        holder: { pid: 1, started: '1', boot: 'b' },
        isAlive: () => false,
        patience: 15_000,
      }),
      hostRules: { host: 'kvm1', stall: PATIENCE.stall },
    };
    return { hypervisor, clock, deps };
  };

  it('puts a plan in force and says since when', async () => {
    const { hypervisor, deps } = aHost();

    const outcome = await allocate(aPlan({ fence: 1, set: { cpu: 4, memory: 512 * MIB } }), deps);

    expect(outcome).toEqual({
      planId: 'plan-1',
      vm: 'kvm1/web',
      state: 'applied',
      inForce: { cpu: 4, memory: 512 * MIB },
      inForceAt: 1_000_000,
      because: 'cpu 2 -> 4, memory 256 MiB -> 512 MiB',
    });
    expect(await hypervisor.read('kvm1/web')).toEqual({ ...BEFORE, cpu: 4, memory: 512 * MIB });
  });

  it('grows before it shrinks', async () => {
    const { hypervisor, deps } = aHost();

    await allocate(aPlan({ fence: 1, set: { cpu: 1, memory: 512 * MIB, net_tx: 5e6 } }), deps);

    expect(hypervisor.sets().map(({ meter }) => meter)).toEqual(['memory', 'cpu', 'net_tx']);
  });

  it('waits for a balloon on its way, and dates the effect by the read that showed it', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.delay(5);

    const outcome = await allocate(aPlan({ fence: 1, set: { memory: 512 * MIB } }), deps);

    expect(outcome.state).toBe('applied');
    expect(outcome.inForceAt).toBeGreaterThan(1_000_000);
  });

  it('takes the time of effect from a host that tells it', async () => {
    const limits = { cpu: 2 };
    const { deps } = aHost({ readTimed: () => Promise.resolve({ limits, at: 123 }) });

    expect(await allocate(aPlan({ fence: 1, set: { cpu: 2 } }), deps)).toMatchObject({
      state: 'applied',
      inForceAt: 123,
    });
  });

  it('changes nothing when the plan is in force already', async () => {
    const { hypervisor, deps } = aHost();

    const outcome = await allocate(aPlan({ fence: 1, set: { cpu: 2 } }), deps);

    expect(outcome).toMatchObject({ state: 'applied', because: 'already in force: cpu 2' });
    expect(hypervisor.sets()).toEqual([]);
  });

  it('rolls a balloon back that stops above its target, and says where it stopped', async () => {
    const { hypervisor, clock, deps } = aHost();
    hypervisor.stick('memory', 194 * MIB);

    const outcome = await allocate(aPlan({ fence: 1, set: { memory: 120 * MIB, cpu: 4 } }), deps);

    expect(outcome).toEqual({
      planId: 'plan-1',
      vm: 'kvm1/web',
      state: 'rolled-back',
      inForce: { cpu: 2, memory: 256 * MIB },
      because: 'memory 256 MiB -> 120 MiB was taken but stopped at 194 MiB',
    });
    expect(clock.now() - 1_000_000).toBeLessThan(2 * PATIENCE.stall);
  });

  it('goes back in reverse order when a later meter fails', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.bound('net_tx', { min: 0, max: 50e6 });

    const outcome = await allocate(aPlan({ fence: 1, set: { cpu: 4, memory: 512 * MIB, net_tx: 80e6 } }), deps);

    expect(outcome).toMatchObject({ state: 'rolled-back', inForce: { cpu: 2, memory: 256 * MIB, net_tx: 10e6 } });
    expect(hypervisor.sets().map(({ meter, value }) => [meter, value])).toEqual([
      ['cpu', 4],
      ['memory', 512 * MIB],
      ['net_tx', 10e6],
      ['memory', 256 * MIB],
      ['cpu', 2],
    ]);
  });

  it('lifts a limit again that was not there before', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.failNext('set', new Fault('ACT_FAILED', 'no'));

    const outcome = await allocate(aPlan({ fence: 1, set: { disk_read: 5e6 } }), deps);

    expect(outcome).toMatchObject({ state: 'rolled-back', inForce: {}, because: 'no' });
    expect(hypervisor.sets()).toEqual([{ vm: 'kvm1/web', meter: 'disk_read', value: Infinity }]);
  });

  it('says failed, and what is in force, when the way back fails too', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.stick('memory', 400 * MIB);

    const outcome = await allocate(aPlan({ fence: 1, set: { memory: 128 * MIB } }), deps);

    expect(outcome).toMatchObject({ state: 'failed', inForce: { memory: 400 * MIB } });
    expect(outcome.because).toContain('the way back left memory 400 MiB');
  });

  it('refuses when the driver refuses before anything was changed', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.failNext('set', new Fault('PLAN_REFUSED', 'not whole'));

    expect(await allocate(aPlan({ fence: 1, set: { cpu: 4 } }), deps)).toMatchObject({
      state: 'refused',
      because: 'not whole',
    });
  });

  it('says failed when the vm goes away half-way', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.failNext('set', new Fault('PRIMARY_GONE', 'destroyed'));

    expect(await allocate(aPlan({ fence: 1, set: { cpu: 4 } }), deps)).toMatchObject({ state: 'failed', inForce: {} });
  });

  it('survives a read that fails for a moment while it waits', async () => {
    const { hypervisor, deps } = aHost();
    const reads = { count: 0 };
    const read = (vm: string) => {
      reads.count += 1;
      return reads.count === 2 ? Promise.reject(new Fault('ACT_FAILED', 'busy')) : hypervisor.read(vm);
    };

    const outcome = await allocate(aPlan({ fence: 1, set: { cpu: 4 } }), {
      ...deps,
      hypervisor: { ...hypervisor, read },
    });

    expect(outcome.state).toBe('applied');
  });

  it('refuses a vm that is gone', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.end('kvm1/web');

    expect(await allocate(aPlan({ fence: 1 }), deps)).toMatchObject({
      state: 'refused',
      because: 'there is no vm kvm1/web on this host',
    });
  });

  it.each([
    ['another host', { host: 'kvm2', vm: 'kvm2/web' }, 'the plan is for host kvm2, this is kvm1'],
    ['a vm of another host', { vm: 'kvm2/web' }, 'kvm2/web is not a vm of host kvm1'],
    ['the past', { expiresAt: 999_000 }, 'the plan expired 1000 ms ago'],
    ['this very moment', { expiresAt: 1_000_000 }, 'the plan expired 0 ms ago'],
  ])('refuses a plan for %s', async (_what, parts, because) => {
    const { hypervisor, deps } = aHost();

    const outcome = await allocate(aPlan({ fence: 1, ...parts }), deps);

    expect(outcome).toMatchObject({ state: 'refused', because: expect.stringContaining(because) });
    expect(hypervisor.sets()).toEqual([]);
  });

  it('refuses a lower fence after a higher one, whatever became of that', async () => {
    const { hypervisor, deps } = aHost();
    hypervisor.failNext('set', new Fault('ACT_FAILED', 'no'));
    await allocate(aPlan({ id: 'new', fence: 9, set: { cpu: 4 } }), deps);

    const outcome = await allocate(aPlan({ id: 'old', fence: 8, set: { cpu: 3 } }), deps);

    expect(outcome).toMatchObject({
      planId: 'old',
      state: 'refused',
      because: 'fence 8 is below 9, the last one for kvm1/web',
    });
    expect(await hypervisor.read('kvm1/web')).toEqual(BEFORE);
  });

  it('returns the recorded outcome for the same plan, also after it expired, and changes nothing', async () => {
    const { hypervisor, clock, deps } = aHost();
    const plan = aPlan({ fence: 1, set: { cpu: 4 } });
    const first = await allocate(plan, deps);
    await hypervisor.set('kvm1/web', { cpu: 3 });
    clock.advance(60_000);

    expect(await allocate(plan, deps)).toEqual(first);
    expect(await hypervisor.read('kvm1/web')).toMatchObject({ cpu: 3 });
  });

  it('refuses another plan with a fence that was used', async () => {
    const { deps } = aHost();
    await allocate(aPlan({ fence: 1 }), deps);

    expect(await allocate(aPlan({ id: 'plan-2', fence: 1 }), deps)).toMatchObject({
      state: 'refused',
      because: 'fence 1 was used for plan plan-1 of kvm1/web',
    });
  });

  describe('after an allocator died over the same plan', () => {
    const plan = aPlan({ fence: 1, set: { cpu: 4, memory: 512 * MIB }, from: { cpu: 2, memory: 256 * MIB } });
    /** The first allocator claims, sets the cpu, and is no more. */
    const aHalfDonePlan = async (driver: Partial<HypervisorDriver> = {}) => {
      const host = aHost(driver);
      await host.deps.fences.claim(plan);
      await host.hypervisor.set('kvm1/web', { cpu: 4 });
      await host.hypervisor.read('kvm1/web');
      return host;
    };

    it('carries the rest out', async () => {
      const { deps } = await aHalfDonePlan();

      expect(await allocate(plan, deps)).toMatchObject({ state: 'applied', inForce: { cpu: 4, memory: 512 * MIB } });
    });

    it('goes all the way back when the rest fails', async () => {
      const { hypervisor, deps } = await aHalfDonePlan();
      hypervisor.bound('memory', { min: 0, max: 256 * MIB });

      expect(await allocate(plan, deps)).toMatchObject({
        state: 'rolled-back',
        inForce: { cpu: 2, memory: 256 * MIB },
      });
    });

    it('goes all the way back when there is no room for the rest any more', async () => {
      const room = () => Promise.resolve({ memory: { min: 1, max: 256 * MIB, step: 1, because: 'full' } });
      const { deps } = await aHalfDonePlan({ room });

      expect(await allocate(plan, deps)).toMatchObject({
        state: 'rolled-back',
        inForce: { cpu: 2, memory: 256 * MIB },
      });
    });
  });

  describe('on a host that knows its room', () => {
    const room = () => Promise.resolve({ cpu: { min: 1, max: 3, step: 1, because: 'the host has 1 vcpu to give' } });

    it.each([
      [4, 'cpu 2 -> 4 refused: the host has 1 vcpu to give'],
      [2.5, 'cpu 2 -> 2.5 refused: wanted a multiple of 1'],
      [0.5, 'cpu 2 -> 0.5 refused: wanted a multiple of 1'],
    ])('refuses cpu %d with the reason', async (cpu, because) => {
      const { hypervisor, deps } = aHost({ room });

      expect(await allocate(aPlan({ fence: 1, set: { cpu } }), deps)).toMatchObject({
        state: 'refused',
        inForce: { cpu: 2 },
        because,
      });
      expect(hypervisor.sets()).toEqual([]);
    });

    it('lets a vm shrink that is above its room', async () => {
      const crowded = () => Promise.resolve({ cpu: { min: 1, max: 0, step: 1, because: 'full' } });
      const { deps } = aHost({ room: crowded });

      expect(await allocate(aPlan({ fence: 1, set: { cpu: 1 } }), deps)).toMatchObject({ state: 'applied' });
    });
  });

  describe('rehearsed', () => {
    it('says what it would change and changes nothing, not even the fence', async () => {
      const { hypervisor, deps } = aHost();
      const plan = aPlan({ fence: 1, set: { cpu: 4 } });

      expect(await rehearse(plan, deps)).toEqual({ changes: ['cpu 2 -> 4'] });
      expect(hypervisor.sets()).toEqual([]);
      expect(await allocate(aPlan({ id: 'other', fence: 1, set: { cpu: 4 } }), deps)).toMatchObject({
        state: 'applied',
      });
    });

    it('says why it would refuse', async () => {
      const { deps } = aHost();

      expect(await rehearse(aPlan({ fence: 1, expiresAt: 1 }), deps)).toMatchObject({
        outcome: { state: 'refused' },
        changes: [],
      });
    });
  });
});
