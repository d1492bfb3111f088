import { simulatedHypervisor } from '../../../agent/allocator/simulated.ts';
import { demandOf } from '../../../lib/core/demand/demand.ts';
import {
  startSimulatedHost,
  type HostTick,
  type SimulatedHost,
  type VmDefinition,
} from '../../../lib/local/simulated-host.ts';
import { demandSample, recordedDemand } from '../../../lib/local/host/demand-player.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

const MIB = 2 ** 20;
const TOKEN = 'secret';
const adjustable = {
  cpu: { min: 0.25, max: 8, step: 0.25 },
  memory: { min: 64 * MIB, max: 4096 * MIB, step: 64 * MIB },
};

const aVm = (more: Partial<VmDefinition> = {}): VmDefinition => ({
  vm: 'sim/web',
  name: 'web',
  demand: { name: 'flat', seconds: 60, demandAt: () => ({ cpu: 1.5, memory: 512 * MIB }) },
  adjustable,
  limits: { cpu: 1, memory: 1024 * MIB },
  ...more,
});

describe('simulated host', () => {
  let host: SimulatedHost;
  let clock: ReturnType<typeof steppingClock>;

  const start = async (vms: readonly VmDefinition[], more: { speed?: number } = {}): Promise<void> => {
    clock = steppingClock();
    host = await startSimulatedHost({
      host: 'sim',
      vms,
      capacity: { cpu: 10, memory: 8192 * MIB },
      reserve: { cpu: 1 },
      clock,
      token: TOKEN,
      ...more,
    });
  };
  const ticksOf = async (count: number): Promise<HostTick[]> => {
    const stopping = new AbortController();
    const ticks: HostTick[] = [];
    for await (const tick of host.ticks(1000, stopping.signal)) {
      ticks.push(tick);
      if (ticks.length === count) stopping.abort();
    }
    return ticks;
  };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${host.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` }, ...init });
    return { status: answer.status, content: (await answer.json()) as Record<string, unknown> };
  };
  const put = (path: string, content: unknown) => ask(path, { method: 'PUT', body: JSON.stringify(content) });

  afterEach(async () => {
    await host.stop();
  });

  it('sends a frame for each vm on each beat, and tells the vm with the first one', async () => {
    await start([aVm(), aVm({ vm: 'sim/db', name: 'db', tags: { tier: 'db' } })]);

    const [first, second] = await ticksOf(2);

    expect(first!.frames.map(({ vm }) => vm)).toEqual(['sim/web', 'sim/db']);
    expect(first!.primaries).toEqual([
      { vm: 'sim/web', name: 'web', actuator: 'kvm', adjustable },
      { vm: 'sim/db', name: 'db', tags: { tier: 'db' }, actuator: 'kvm', adjustable },
    ]);
    expect(first!.events.map(({ vm, kind }) => `${vm} ${kind}`)).toEqual(['sim/web appeared', 'sim/db appeared']);
    expect(second!.at - first!.at).toBe(1000);
    expect(second!.frames[0]).toMatchObject({ at: second!.at, interval: 1000 });
    expect(second!.primaries).toEqual([]);
    expect(second!.events).toEqual([]);
  });

  it('holds a vm down to its limit, with the queue growing, and shows what it wants', async () => {
    await start([aVm()]);

    const frames = (await ticksOf(3)).map((tick) => tick.frames[0]!);

    expect(frames.map(({ values }) => values.cpuRunUs)).toEqual([1_000_000, 1_000_000, 1_000_000]);
    expect(frames.map(({ values }) => values.cpuWaitUs)).toEqual([500_000, 1_000_000, 1_500_000]);
    expect(demandOf(frames[0]!).cpu).toEqual({ low: 1, high: 1.5 });
    expect(frames[0]!.allocation).toEqual({ cpu: 1, memory: 1024 * MIB });
  });

  it('lets a vm recover once its limit is raised', async () => {
    await start([aVm()]);
    await ticksOf(4);

    expect(await put('/vms/sim%2Fweb/limits', { cpu: 4 })).toMatchObject({
      status: 200,
      content: { limits: { cpu: 4 } },
    });
    const frames = (await ticksOf(2)).map((tick) => tick.frames[0]!);

    expect(frames[0]!.values).toMatchObject({ cpuRunUs: 3_500_000, cpuWaitUs: 0 });
    expect(frames[1]!.values).toMatchObject({ cpuRunUs: 1_500_000, cpuWaitUs: 0, cpuSomeUs: 0 });
    expect(frames[1]!.allocation).toEqual({ cpu: 4, memory: 1024 * MIB });
  });

  it('swaps and stalls while memory is short', async () => {
    await start([aVm({ limits: { cpu: 2, memory: 256 * MIB } })]);

    const [tick] = await ticksOf(1);

    const { values } = tick!.frames[0]!;
    expect(values).toMatchObject({ memoryTotalBytes: 256 * MIB, memoryAvailableBytes: 0, swapUsedBytes: 256 * MIB });
    expect(values.memoryFullUs).toBeGreaterThan(0);
    expect(demandOf(tick!.frames[0]!).memory).toEqual({ low: 256 * MIB, high: 512 * MIB });
  });

  it('plays faster than time with the means of the seconds in between', async () => {
    const ramp = { name: 'ramp', seconds: 20, demandAt: (second: number) => ({ cpu: Math.floor(second) / 10 }) };
    await start([aVm({ demand: ramp, limits: { cpu: 8 } })], { speed: 10 });

    const frames = (await ticksOf(3)).map((tick) => tick.frames[0]!.values.cpuRunUs);

    expect(frames).toEqual([450_000, 1_450_000, 450_000]);
  });

  it('puts the time of beats that were missed into the next frame', async () => {
    await start([aVm()]);
    const stopping = new AbortController();
    const intervals: number[] = [];
    for await (const { frames } of host.ticks(1000, stopping.signal)) {
      intervals.push(frames[0]!.interval);
      if (intervals.length === 1) clock.advance(2500);
      if (intervals.length === 3) stopping.abort();
    }

    expect(intervals).toEqual([1000, 2000, 1000]);
  });

  it('tells of vms that are added, suspended, resumed and ended', async () => {
    await start([aVm()]);
    await ticksOf(1);

    host.add(aVm({ vm: 'sim/new', name: 'new' }));
    host.suspend('sim/web');
    const [suspended] = await ticksOf(1);
    host.resume('sim/web');
    host.end('sim/new');
    const [ended] = await ticksOf(1);

    expect(suspended!.frames.map(({ vm }) => vm)).toEqual(['sim/new']);
    expect(suspended!.primaries.map(({ vm }) => vm)).toEqual(['sim/new']);
    expect(suspended!.events.map(({ vm, kind }) => `${vm} ${kind}`)).toEqual(['sim/new appeared', 'sim/web suspended']);
    expect(ended!.frames.map(({ vm }) => vm)).toEqual(['sim/web']);
    expect(ended!.events.map(({ vm, kind }) => `${vm} ${kind}`)).toEqual(['sim/web resumed', 'sim/new ended']);
    expect(host.vms()).toEqual(['sim/web']);
    expect(host.limitsOf('sim/new')).toBeUndefined();
  });

  it.each([
    ['a vm that it does not have', '/vms/none/limits', { cpu: 1 }, 404],
    ['another path', '/vms', { cpu: 1 }, 404],
    ['a meter that it does not know', '/vms/sim%2Fweb/limits', { gpu: 1 }, 400],
    ['a limit that is no number', '/vms/sim%2Fweb/limits', { cpu: 'lots' }, 400],
    ['a limit of nothing', '/vms/sim%2Fweb/limits', { cpu: 0 }, 400],
    ['a limit off the grid', '/vms/sim%2Fweb/limits', { cpu: 1.1 }, 409],
    ['a limit beyond the range of the vm', '/vms/sim%2Fweb/limits', { cpu: 8.25 }, 409],
    ['a limit of a meter that cannot be set', '/vms/sim%2Fweb/limits', { net_rx: MIB }, 409],
    ['more than the host has free beside its reserve', '/vms/sim%2Fweb/limits', { cpu: 6.25 }, 409],
  ])('refuses %s and changes nothing', async (_what, path, content, status) => {
    await start([aVm(), aVm({ vm: 'sim/db', limits: { cpu: 3 } })]);

    const answer = await put(path, content);

    expect(answer.status).toBe(status);
    expect(answer.content).toEqual({ error: expect.any(String) });
    expect(host.limitsOf('sim/web')).toEqual({ cpu: 1, memory: 1024 * MIB });
  });

  it('takes what just fits, and always takes less', async () => {
    await start([aVm(), aVm({ vm: 'sim/db', limits: { cpu: 3 } })]);

    expect((await put('/vms/sim%2Fweb/limits', { cpu: 6 })).status).toBe(200);
    expect((await put('/vms/sim%2Fdb/limits', { cpu: 0.5 })).status).toBe(200);
  });

  it('answers only those who have its token', async () => {
    await start([aVm()]);

    expect(await ask('/vms/sim%2Fweb/limits', { headers: {} })).toMatchObject({ status: 401 });
    expect(await ask('/vms/sim%2Fweb/limits')).toEqual({
      status: 200,
      content: { limits: { cpu: 1, memory: 1024 * MIB }, at: clock.now() },
    });
  });

  it('refuses to start a vm that does not fit or is there already', async () => {
    await start([aVm()]);

    expect(() => {
      host.add(aVm());
    }).toThrow(/runs already/);
    expect(() => {
      host.add(aVm({ vm: 'sim/huge', limits: { cpu: 8, memory: 4096 * MIB } }));
      host.add(aVm({ vm: 'sim/more', limits: { cpu: 1 } }));
    }).toThrow(/cpu 1 does not fit/);
  });

  it('serves the driver of the allocator', async () => {
    await start([aVm()]);
    const driver = simulatedHypervisor({ url: host.url, token: TOKEN, timeout: 5_000 });

    await driver.set('sim/web', { cpu: 2.5 });

    expect(await driver.read('sim/web')).toEqual({ cpu: 2.5, memory: 1024 * MIB });
    await expect(driver.set('sim/web', { cpu: 9 })).rejects.toMatchObject({ code: 'PLAN_REFUSED' });
    await expect(driver.read('sim/none')).rejects.toMatchObject({ code: 'PRIMARY_GONE' });
  });
});

describe('recorded demand', () => {
  it('holds each moment until the next, and the last as long as the others on average', () => {
    const player = recordedDemand('x', [
      { at: 5000, demand: { cpu: 1 } },
      { at: 6000, demand: { cpu: 2 } },
      { at: 8000, demand: { cpu: 3 } },
    ]);

    expect(player.seconds).toBe(4.5);
    expect([0, 0.9, 1, 2.9, 3, 4.4].map((second) => player.demandAt(second).cpu)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('refuses a recording of a single moment', () => {
    expect(() => recordedDemand('x', [{ at: 1, demand: {} }])).toThrow(RangeError);
  });

  it('plays what a frame wanted rather than what it got', () => {
    const values = { cpuCount: 1, cpuRunUs: 1_000_000, cpuWaitUs: 400_000 };

    expect(demandSample({ vm: 'vm', at: 7, interval: 1000, values })).toEqual({ at: 7, demand: { cpu: 1.4 } });
  });
});
