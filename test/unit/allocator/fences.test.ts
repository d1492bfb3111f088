import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimName } from '../../../agent/allocator/claim-record.ts';
import { fileFences } from '../../../agent/allocator/fences.ts';
import type { FenceSettings } from '../../../agent/allocator/fences.ts';
import { isAlive, thisProcess } from '../../../agent/allocator/process-identity.ts';
import type { Outcome } from '../../../lib/core/plan/plan.ts';
import { aPlan } from '../../support/builders.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

const ME = { pid: 1, started: '1', boot: 'b' };
const DEAD = { pid: 2, started: '1', boot: 'b' };
const APPLIED: Outcome = { planId: 'plan-1', vm: 'kvm1/web', state: 'applied', inForce: { cpu: 2 }, because: 'done' };

describe('fileFences', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fences-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const fences = (settings: Partial<FenceSettings> = {}) =>
    fileFences({
      directory,
      clock: steppingClock(),
      holder: ME,
      isAlive: (holder) => holder.pid === ME.pid,
      patience: 1_000,
      ...settings,
    });
  const folder = (): string => join(directory, 'kvm1%2Fweb');
  const claimed = async (fence: number, settings: Partial<FenceSettings> = {}) => {
    const taken = await fences(settings).claim(aPlan({ id: `plan-${fence}`, fence }));
    if (taken.kind !== 'claimed') throw new Error(`fence ${fence} is ${taken.kind}`);
    return taken.claim;
  };

  it('lets a number be claimed once and remembers the outcome', async () => {
    const claim = await claimed(1);
    claim.end(APPLIED);

    expect(await fences().claim(aPlan({ fence: 1 }))).toEqual({ kind: 'recorded', outcome: APPLIED });
  });

  it('keeps numbers apart that sort differently as text', async () => {
    (await claimed(9)).end(APPLIED);
    (await claimed(10)).end(APPLIED);

    expect(await fences().claim(aPlan({ fence: 9 }))).toMatchObject({ kind: 'stale' });
  });

  it('counts each vm by itself', async () => {
    (await claimed(9)).end(APPLIED);

    expect(await fences().claim(aPlan({ vm: 'kvm1/db', fence: 3 }))).toMatchObject({ kind: 'claimed' });
  });

  it('keeps one file for a vm, the highest number', async () => {
    for (const fence of [1, 2, 3]) (await claimed(fence)).end(APPLIED);

    expect(readdirSync(folder())).toEqual([claimName(3, 0)]);
  });

  it('waits for an allocator at work on a lower number', async () => {
    const first = await claimed(1);
    let ended = false;
    setTimeout(() => {
      ended = true;
      first.end(APPLIED);
    }, 20);
    const realClock = {
      now: () => Date.now(),
      sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    };

    await claimed(2, { clock: realClock, patience: 60_000 });

    expect(ended).toBe(true);
  });

  it('gives up after its patience, and the refusal is what the plan hears when it comes again', async () => {
    await claimed(1);

    const second = await fences().claim(aPlan({ id: 'plan-2', fence: 2 }));

    expect(second).toMatchObject({
      kind: 'recorded',
      outcome: { state: 'refused', because: 'another allocator has been at work on kvm1/web for 1000 ms' },
    });
    expect(await fences().claim(aPlan({ id: 'plan-2', fence: 2 }))).toEqual(second);
  });

  it('does not wait for an allocator that died', async () => {
    await claimed(1, { holder: DEAD });

    expect((await claimed(2)).takenOver).toBe(false);
  });

  it('hands a plan to the next allocator when the first died over it', async () => {
    await claimed(1, { holder: DEAD });

    const again = await claimed(1);

    expect(again.takenOver).toBe(true);
    again.end(APPLIED);
    expect(await fences().claim(aPlan({ fence: 1 }))).toMatchObject({ kind: 'recorded' });
  });

  it('gives way to a higher number that came while it waited', async () => {
    await claimed(1);
    const clock = steppingClock();
    const sleep = async (duration: number): Promise<void> => {
      writeFileSync(join(folder(), claimName(5, 0)), 'x');
      await clock.sleep(duration);
    };

    expect(await fences({ clock: { ...clock, sleep } }).claim(aPlan({ id: 'plan-2', fence: 2 }))).toMatchObject({
      kind: 'recorded',
      outcome: { because: 'a newer plan for kvm1/web came while this one waited' },
    });
  });

  it.each([
    ['an empty record', ''],
    ['half a record', '{"version":1,"pl'],
    ['a record of another version', '{"version":2}'],
  ])('trusts the number of %s', async (_what, text) => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), claimName(7, 0)), text);

    expect(fences().look(aPlan({ fence: 6 }))).toMatchObject({ kind: 'stale' });
    expect(fences().look(aPlan({ fence: 7 }))).toMatchObject({ kind: 'stale' });
    expect(await fences().claim(aPlan({ fence: 8 }))).toMatchObject({ kind: 'claimed' });
  });

  it('overlooks and clears what a crash left before a claim had its name', async () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), '.2-1.tmp'), '{"version":1');

    expect(await fences().claim(aPlan({ fence: 1 }))).toMatchObject({ kind: 'claimed' });
    expect(readdirSync(folder())).toEqual([claimName(1, 0)]);
  });

  it('leaves the file alone that a living allocator has not named yet', async () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), `.${ME.pid}-1.tmp`), '{"version":1');

    await fences().claim(aPlan({ fence: 1 }));

    expect(readdirSync(folder())).toContain(`.${ME.pid}-1.tmp`);
  });

  it('tells the growth that others are at work on, and only theirs', async () => {
    const grow = (vm: string, from: object, set: object) => fences().claim(aPlan({ vm, fence: 1, from, set }));
    await grow('kvm1/a', { cpu: 1, memory: 2 ** 28 }, { cpu: 3, memory: 2 ** 27 });
    await grow('kvm1/b', { cpu: 1 }, { cpu: 2 });
    const done = await grow('kvm1/c', { cpu: 1 }, { cpu: 9 });
    if (done.kind === 'claimed') done.claim.end(APPLIED);
    await fences({ holder: DEAD }).claim(aPlan({ vm: 'kvm1/d', fence: 1, set: { cpu: 9 } }));

    expect(fences().pledged('kvm1/web')).toEqual({ cpu: 3 });
    expect(fences().pledged('kvm1/a')).toEqual({ cpu: 1 });
  });

  it('says nothing of growth on a host that never saw a plan', () => {
    expect(fences({ directory: join(directory, 'none') }).pledged('kvm1/web')).toEqual({});
  });
});

describe('process identity', () => {
  it('knows that this process lives', () => {
    expect(isAlive(thisProcess())).toBe(true);
  });

  it.each([
    ['of another boot', { ...thisProcess(), boot: 'other' }],
    ['with this pid but another start', { ...thisProcess(), started: '1' }],
    ['that no process has', { ...thisProcess(), pid: 2 ** 22 + 1 }],
  ])('does not take a holder %s for a living one', (_what, holder) => {
    expect(isAlive(holder)).toBe(false);
  });
});
