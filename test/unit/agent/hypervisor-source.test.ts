import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageOf } from '../../../agent/hypervisor/domain-image.ts';
import { rememberedDomains } from '../../../agent/hypervisor/remembered-domains.ts';
import type { RememberedDomains } from '../../../agent/hypervisor/remembered-domains.ts';
import { hypervisorSource } from '../../../agent/hypervisor-source.ts';
import { Fault } from '../../../lib/core/fault.ts';
import { keptLog } from '../../support/log-lines.ts';
import { steppingClock } from '../../support/stepping-clock.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/libvirt/${name}`, import.meta.url), 'utf8');
const MIB = 2 ** 20;
const HANGS = Symbol('an answer that never comes');
/** `balloon.last-update` of the fixtures, in milliseconds. */
const CAPTURED_AT = 1_795_350_214_000;

/** A source over a virsh that gives these answers in turn: text, an error, or nothing ever. */
function aSource(answers: (string | Error | typeof HANGS)[], remembered?: RememberedDomains) {
  const clock = steppingClock(CAPTURED_AT);
  const asked: string[] = [];
  const log = keptLog();
  const source = hypervisorSource({
    host: 'kvm1',
    virsh: async ([command]) => {
      asked.push(command!);
      const answer = answers.shift() ?? '';
      if (answer === HANGS) return new Promise<string>(() => undefined);
      if (answer instanceof Error) throw answer;
      return Promise.resolve(answer);
    },
    interval: 1_000,
    tags: { team: 'shop' },
    clock: { ...clock, sleep: () => new Promise((resolve) => setTimeout(resolve, 20)) },
    monotonicNow: () => Number(clock.now()),
    log,
    ...(remembered === undefined ? {} : { remembered }),
  });
  const tick = async () => {
    const reading = await source.read();
    clock.advance(1_000);
    return reading;
  };
  return { source, tick, asked, log };
}

const changed = (text: string, changes: Readonly<Record<string, string>>) =>
  Object.entries(changes).reduce((result, [from, to]) => result.replaceAll(from, to), text);

describe('hypervisor source', () => {
  const before = fixture('domstats-loaded.txt');
  const after = changed(before, {
    'vcpu.0.time=9200000000': 'vcpu.0.time=9900000000',
    'vcpu.1.delay=55087964': 'vcpu.1.delay=155087964',
    'net.0.rx.bytes=876': 'net.0.rx.bytes=1876',
    'block.0.wr.bytes=9764864': 'block.0.wr.bytes=10764864',
    'block.0.wr.times=1888496780': 'block.0.wr.times=1888996780',
  });
  const web = (reading: Awaited<ReturnType<ReturnType<typeof aSource>['tick']>>) =>
    reading.frames.find(({ vm }) => vm === 'kvm1/web');

  it('turns the totals of two polls into a frame for each domain', async () => {
    const { tick } = aSource([before, after]);

    const first = await tick();
    const second = await tick();

    expect(first.frames).toEqual([]);
    expect(first.events.map(({ vm, kind }) => `${vm} ${kind}`)).toEqual(['kvm1/db appeared', 'kvm1/web appeared']);
    expect(second.frames.map(({ vm }) => vm)).toEqual(['kvm1/db', 'kvm1/web']);
    expect(web(second)).toMatchObject({
      at: CAPTURED_AT + 1_000,
      interval: 1_000,
      values: {
        cpuCount: 2,
        cpuRunUs: 700_000,
        cpuWaitUs: 100_000,
        memoryTotalBytes: 300 * MIB,
        balloonBytes: 212 * MIB,
      },
      disks: [{ name: 'vda', writeBytes: 1_000_000, writeUs: 500, queueUs: 500, busyUs: 500 }],
      nics: [{ name: 'vnet0', rxBytes: 1_000, txBytes: 0 }],
      allocation: { cpu: 2, memory: 300 * MIB },
    });
  });

  it('counts as use what is not usable of what the domain has, also while the balloon counts as used in the guest', async () => {
    const { tick } = aSource([before, after]);
    await tick();

    const { values } = web(await tick())!;

    expect(values.memoryTotalBytes! - values.memoryAvailableBytes!).toBe((307_200 - 157_040) * 1024);
  });

  it('describes a domain when its XML is there, with the limits that only the XML shows', async () => {
    const xml = fixture('dumpxml-web-limited.xml');
    const { tick, asked } = aSource([fixture('domstats-web.txt'), `${fixture('domstats-web.txt')}${xml}`]);

    const first = await tick();
    const second = await tick();

    expect(first.primaries).toEqual([]);
    expect(asked[1]).toMatch(/^domstats .*; dumpxml web$/);
    expect(second.frames[0]!.allocation).toMatchObject({
      disk_read: 5 * MIB,
      disk_write: 2.5 * MIB,
      net_rx: 1_024_000,
    });
    expect(second.primaries).toEqual([
      expect.objectContaining({
        vm: 'kvm1/web',
        name: 'web',
        actuator: 'kvm',
        image: expect.stringContaining('vmlinuz'),
        tags: { team: 'shop' },
        adjustable: expect.objectContaining({
          cpu: { min: 1, max: 4, step: 1 },
          memory: { min: 256 * MIB, max: 512 * MIB, step: 64 * MIB },
        }),
      }),
    ]);
  });

  it('does not offer to resize the memory of a guest without a balloon driver, and gives no guest figures for it', async () => {
    const paused = fixture('domstats-kvm-paused.txt');
    const running = paused.replace('state.state=3', 'state.state=1');
    const { tick } = aSource([running, running]);
    await tick();

    const { frames, primaries } = await tick();

    expect(primaries[0]!.adjustable).not.toHaveProperty('memory');
    expect(frames[0]!.values).not.toHaveProperty('memoryAvailableBytes');
    expect(frames[0]!.values).toMatchObject({ vmExits: 0, memoryTotalBytes: 512 * MIB });
  });

  it('tells when a domain is suspended, resumed and ended, and gives no frame meanwhile', async () => {
    const running = fixture('domstats-web.txt');
    const paused = running.replace('state.state=1', 'state.state=3');
    const { tick } = aSource([running, running, paused, paused, running, '']);

    const readings = [];
    for (let count = 0; count < 6; count += 1) readings.push(await tick());

    expect(readings.map(({ events }) => events.map(({ kind }) => kind))).toEqual([
      ['appeared'],
      [],
      ['suspended'],
      [],
      ['resumed'],
      ['ended'],
    ]);
    expect(readings.map(({ frames }) => frames.length)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('ends what ended while no agent ran, and does not greet again what is still there', async () => {
    const remembered = rememberedDomains(join(tempDir(), 'domains'));
    const one = aSource([before], remembered);
    await one.tick();
    const two = aSource([fixture('domstats-web.txt')], remembered);

    const { events } = await two.tick();

    expect(events.map(({ vm, kind }) => `${vm} ${kind}`)).toEqual(['kvm1/db ended']);
    expect(remembered.read()).toEqual(['web']);
  });

  it('has no data for the ticks of a poll that hangs, and asks for nothing meanwhile', async () => {
    const { tick, asked } = aSource([before, HANGS, after]);
    await tick();

    const readings = [await tick(), await tick()];

    expect(readings.map(({ frames, events }) => frames.length + events.length)).toEqual([0, 0]);
    expect(asked).toHaveLength(2);
  });

  it('ends no domain because the hypervisor does not answer, and says so once', async () => {
    const gone = new Fault('ACT_FAILED', 'failed to connect to the hypervisor');
    const { tick, log, source } = aSource([before, gone, gone, gone, gone, after]);
    await tick();

    const readings = [await tick(), await tick(), await tick()];

    expect(readings.slice(0, 2).flatMap(({ events }) => events)).toEqual([]);
    expect(web(readings[2]!)).toMatchObject({ interval: 3_000 });
    expect(log.events).toEqual(['hypervisor-failed', 'hypervisor-back']);
    expect(source.reports()[0]).toMatchObject({ state: 'data', failures: 2 });
  });

  it('leaves the running time out when a domain was started anew between two polls', async () => {
    const restarted = changed(after, { 'vcpu.0.time=9900000000': 'vcpu.0.time=50000000' });
    const { tick } = aSource([before, restarted]);
    await tick();

    expect(web(await tick())!.values).not.toHaveProperty('cpuRunUs');
  });

  it('counts the time of a vcpu that was plugged in since the last poll', async () => {
    const plugged = changed(after, { 'vcpu.current=2': 'vcpu.current=3' }).replace(
      'vcpu.1.state=1',
      'vcpu.2.time=30000000\n  vcpu.2.delay=0\n  vcpu.2.wait=0\n  vcpu.1.state=1',
    );
    const { tick } = aSource([before, plugged]);
    await tick();

    expect(web(await tick())!.values).toMatchObject({ cpuCount: 3, cpuRunUs: 730_000 });
  });
});

describe('the image of a domain', () => {
  const disk = (inner: string) =>
    `<domain><devices><disk device='disk'><source file='/vm/web.qcow2'/>${inner}</disk></devices></domain>`;

  it('is the end of the backing chain of its first disk, else the disk', () => {
    const base =
      "<backingStore><source file='/img/mid'/><backingStore><source file='/img/debian'/><backingStore/></backingStore></backingStore>";

    expect(imageOf(disk(base))).toBe('/img/debian');
    expect(imageOf(disk('<backingStore/>'))).toBe('/vm/web.qcow2');
    expect(imageOf('<domain/>')).toBeUndefined();
  });
});
