import { memoryHypervisor } from '../../lib/adapters/memory/hypervisor.ts';
import { simulatedHypervisor } from '../../agent/allocator/simulated.ts';
import { startSimulatedHost } from '../../lib/local/simulated-host.ts';
import type { Allocation } from '../../lib/core/meter.ts';
import type { Hypervisor } from '../../lib/ports/hypervisor.ts';

interface Opened {
  readonly hypervisor: Hypervisor;
  readonly endVm: () => void;
  readonly close: () => Promise<void>;
}

const VM = 'sim/web';
const LIMITS: Allocation = { cpu: 1, memory: 2 ** 30, disk_read: 10e6, disk_write: 10e6, net_rx: 10e6, net_tx: 10e6 };
const RATE = { min: 1e6, max: 1e9, step: 1e6 };

const inMemory = (): Promise<Opened> => {
  const hypervisor = memoryHypervisor();
  hypervisor.start(VM, LIMITS);
  hypervisor.bound('cpu', { min: 0.25, max: 8 });
  return Promise.resolve({
    hypervisor,
    endVm: () => {
      hypervisor.end(VM);
    },
    close: () => Promise.resolve(),
  });
};

const simulated = async (): Promise<Opened> => {
  const host = await startSimulatedHost({
    host: 'sim',
    token: 'secret',
    capacity: { cpu: 16, memory: 2 ** 34 },
    reserve: {},
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    vms: [
      {
        vm: VM,
        name: 'web',
        limits: LIMITS,
        adjustable: {
          cpu: { min: 0.25, max: 8, step: 0.25 },
          memory: { min: 2 ** 28, max: 2 ** 33, step: 2 ** 26 },
          disk_read: RATE,
          disk_write: RATE,
          net_rx: RATE,
          net_tx: RATE,
        },
        demand: { name: 'idle', seconds: 60, demandAt: () => ({}) },
      },
    ],
  });
  return {
    hypervisor: simulatedHypervisor({ url: host.url, token: 'secret', timeout: 5_000 }),
    endVm: () => {
      host.end(VM);
    },
    close: host.stop,
  };
};

describe.each([
  ['memory', inMemory],
  ['simulated host', simulated],
])('Hypervisor contract: %s', (_name, open) => {
  let opened: Opened;

  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  it('reads the limits a vm was started with', async () => {
    expect(await opened.hypervisor.read(VM)).toEqual(LIMITS);
  });

  it('reads back what was set', async () => {
    await opened.hypervisor.set(VM, { cpu: 2.5, net_tx: 20e6 });

    expect(await opened.hypervisor.read(VM)).toEqual({ ...LIMITS, cpu: 2.5, net_tx: 20e6 });
  });

  it('leaves the meters alone that a set does not name', async () => {
    await opened.hypervisor.set(VM, {});

    expect(await opened.hypervisor.read(VM)).toEqual(LIMITS);
  });

  it('lifts a limit that is set to infinity', async () => {
    await opened.hypervisor.set(VM, { disk_read: Infinity });

    expect(await opened.hypervisor.read(VM)).not.toHaveProperty('disk_read');
  });

  it('refuses what the host cannot give and keeps what was in force', async () => {
    await expect(opened.hypervisor.set(VM, { cpu: 64 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ACT_FAILED|PLAN_REFUSED)$/),
    });

    expect(await opened.hypervisor.read(VM)).toEqual(LIMITS);
  });

  it('says that a vm is gone, at read and at set', async () => {
    opened.endVm();

    await expect(opened.hypervisor.read(VM)).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
    await expect(opened.hypervisor.set(VM, { cpu: 2 })).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
  });

  it('says that a vm which never was is gone', async () => {
    await expect(opened.hypervisor.read('sim/other')).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
  });
});
