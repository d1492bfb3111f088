import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import { aPlan } from '../support/builders.ts';
import { openLab } from './lab/lab.ts';
import type { Guest, Lab } from './lab/lab.ts';

jest.setTimeout(150_000);

const MIB = 2 ** 20;
const PROGRAM = join(import.meta.dirname, '../../agent/allocator/main.ts');
const opening = await openLab();
const title = 'the allocator against a real libvirtd';
if (opening.kind === 'cannot') {
  process.stderr.write(`skipped: ${title}: ${opening.because}\n`);
  describe.skip(`${title} (${opening.because})`, () => {
    it('cannot run on this machine', () => undefined);
  });
} else {
  describe(title, () => {
    suite(opening.lab);
  });
}

/** The tests share one guest and run in order: each begins with what the one before left in force. */
function suite(lab: Lab): void {
  let guest: Guest;
  let fence = 0;

  beforeAll(async () => {
    guest = await lab.start('web');
  });
  afterAll(() => lab.close());

  const allocate = (parts: Partial<Plan>, environment: Readonly<Record<string, string>> = {}) => {
    const now = Date.now();
    fence += 1;
    return runAllocator(aPlan({ id: `plan-${fence}`, fence, sampledAt: now, expiresAt: now + 60_000, ...parts }), {
      SHADOWCAST_STATE: join(lab.directory, 'state'),
      SHADOWCAST_LIBVIRT_URI: lab.uri,
      ...environment,
    });
  };
  const memory = async (): Promise<number> => (await lab.stat('web', 'balloon.current')) / 1024;
  const cpus = (): Promise<number> => lab.stat('web', 'vcpu.current');

  it('raises vcpus and memory of a running guest', async () => {
    const { code, outcome } = await allocate({
      set: { cpu: 2, memory: 300 * MIB },
      from: { cpu: 1, memory: 256 * MIB },
    });

    expect(outcome).toMatchObject({ state: 'applied', inForce: { cpu: 2, memory: 300 * MIB } });
    expect(code).toBe(0);
    expect([await cpus(), await memory()]).toEqual([2, 300]);
    expect(await guest.stat()).toMatchObject({ cpus: 2 });
    expect(outcome.inForceAt).toBeLessThanOrEqual(Date.now());
  });

  it('limits a disk, and the guest feels it', async () => {
    await guest.tell('disk');

    const { outcome } = await allocate({ set: { disk_write: MIB }, from: {} });

    const written = async (): Promise<number> => ((await guest.stat())['disk_sectors_written'] ?? NaN) * 512;
    const [before, start] = [await written(), Date.now()];
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const rate = ((await written()) - before) / ((Date.now() - start) / 1_000);
    await guest.tell('stop');
    expect(outcome).toMatchObject({ state: 'applied', inForce: { disk_write: MIB } });
    expect(await lab.virsh('blkdeviotune', 'web', 'vda')).toMatch(/^write_bytes_sec: 1048576$/m);
    expect(rate).toBeLessThan(2 * MIB);
  });

  it('puts a network limit in force, or says that this kernel cannot and leaves none', async () => {
    const { outcome } = await allocate({ set: { net_rx: 1024 * 1000 }, from: {} });

    const inbound = /inbound\.average: (\d+)/.exec(await lab.virsh('domiftune', 'web', 'vnet0'))?.[1];
    if (outcome.state === 'applied') expect(inbound).toBe('1000');
    else {
      expect(outcome).toMatchObject({ state: 'rolled-back', inForce: {}, because: expect.stringContaining('tc ') });
      expect(inbound).toBe('0');
    }
  });

  it('goes back when the guest does not give memory up', async () => {
    await guest.tell('mem 130');

    const { code, outcome } = await allocate({ set: { memory: 120 * MIB }, from: { memory: 300 * MIB } });

    expect(outcome).toMatchObject({
      state: 'rolled-back',
      inForce: { memory: 300 * MIB },
      because: expect.stringMatching(/^memory 300 MiB -> 120 MiB was taken but stopped at \S+ MiB$/),
    });
    expect(code).toBe(11);
    expect(await memory()).toBe(300);
    await guest.tell('stop');
  });

  it('refuses a fence below the last one and changes nothing', async () => {
    const { code, outcome } = await allocate({ set: { cpu: 3 }, fence: 1 });

    expect(outcome).toMatchObject({ state: 'refused', because: expect.stringContaining('fence 1 is below') });
    expect(code).toBe(10);
    expect(await cpus()).toBe(2);
  });

  it('answers the same plan with the same outcome and does nothing again', async () => {
    const plan = { set: { memory: 320 * MIB }, id: 'twice', fence: 50, expiresAt: Date.now() + 60_000 };
    const first = await allocate(plan);
    await lab.virsh('setmem', 'web', '300M', '--live');

    const second = await allocate(plan);

    expect(first.outcome.state).toBe('applied');
    expect(second.outcome).toEqual(first.outcome);
    fence = 50;
  });

  it.each([
    ['beyond the maximum of the domain', { memory: 600 * MIB }, {}, "the domain's maximum is 512 MiB"],
    [
      'beyond the reserve of the host',
      { memory: 400 * MIB },
      { SHADOWCAST_RESERVE_MEMORY_MIB: '99999999' },
      'above its reserve',
    ],
    ['beyond the overcommit ratio', { cpu: 4 }, { SHADOWCAST_CPU_OVERCOMMIT: '0.1' }, 'the host has 0 vcpus to give'],
    ['of half a vcpu', { cpu: 2.5 }, {}, 'wanted a multiple of 1'],
  ])('refuses growth %s', async (_what, set, environment, because) => {
    const { code, outcome } = await allocate({ set }, environment);

    expect(outcome).toMatchObject({ state: 'refused', because: expect.stringContaining(because) });
    expect(code).toBe(10);
  });

  it('lets only one of two plans at once act at a time, and the newer has the last word', async () => {
    const [older, newer] = await Promise.all([
      allocate({ set: { memory: 340 * MIB } }),
      allocate({ set: { memory: 360 * MIB } }),
    ]);

    expect(['applied', 'refused']).toContain(older.outcome.state);
    expect(newer.outcome.state).toBe('applied');
    expect(await memory()).toBe(360);
  });

  it('switches a vcpu off in the guest when libvirt cannot unplug it', async () => {
    // QEMU without KVM never ends an unplug, so libvirt gives up after 5 s; a guest that refuses looks the same
    const { outcome } = await allocate({ set: { cpu: 1 }, from: { cpu: 2 } });

    expect(outcome).toMatchObject({ state: 'applied', inForce: { cpu: 1 } });
    expect((await lab.virsh('vcpucount', 'web', '--guest')).trim()).toBe('1');
    expect(await guest.stat()).toMatchObject({ cpus: 1 });
  });

  it('refuses a domain that is paused, destroyed or unknown', async () => {
    await lab.virsh('suspend', 'web');
    const paused = await allocate({ set: { cpu: 2 } });
    await lab.virsh('destroy', 'web');
    const destroyed = await allocate({ set: { cpu: 2 } });
    const unknown = await allocate({ set: { cpu: 2 }, vm: 'kvm1/nobody' });

    for (const { outcome } of [paused, destroyed, unknown])
      expect(outcome).toMatchObject({ state: 'refused', inForce: {} });
    expect(paused.outcome.because).toContain('does not run');
    expect(unknown.outcome.because).toContain("failed to get domain 'nobody'");
  });
}

function runAllocator(
  plan: Plan,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly outcome: Outcome }> {
  const args = [PROGRAM, '--host', 'kvm1', '--plan-base64', Buffer.from(JSON.stringify(plan)).toString('base64')];
  // patience for a guest that shares two busy cores with everything else
  const env = { ...process.env, SHADOWCAST_DRIVER: 'libvirt', SHADOWCAST_STALL_MS: '6000', ...environment };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`the allocator said nothing: ${stderr}`));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, outcome: JSON.parse(stdout) as Outcome });
    });
  });
}
