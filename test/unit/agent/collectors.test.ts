import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COLLECTORS } from '../../../agent/collectors/catalog.ts';
import type { CollectorOptions, Outcome } from '../../../agent/collectors/collector.ts';
import { Deltas } from '../../../agent/collectors/deltas.ts';
import { guestSource } from '../../../agent/guest-source.ts';
import { expectGolden } from '../../support/golden-text.ts';
import { keptLog } from '../../support/log-lines.ts';
import { steppingClock } from '../../support/stepping-clock.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/** A machine whose /proc can be set to one of two moments, 1 s and some work apart, and then changed. */
function aMachine(parts: Partial<CollectorOptions> = {}) {
  const dir = tempDir();
  const proc = join(dir, 'proc');
  const sys = join(dir, 'sys');
  const moment = (name: 'proc-t0' | 'proc-t1') => {
    // into the same files: collectors keep them open, as the kernel's
    mkdirSync(proc, { recursive: true });
    for (const file of FILES) {
      mkdirSync(join(proc, file, '..'), { recursive: true });
      writeFileSync(join(proc, file), readFileSync(fixture(join(name, file))));
    }
  };
  moment('proc-t0');
  cpSync(fixture('sys-vm'), sys, { recursive: true });
  const options = { roots: { proc, sys }, interval: 1_000, pageSize: 4096, random: () => 0.5, ...parts };
  const change = (file: string, from: string | RegExp, to: string) => {
    const path = join(proc, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  };
  return { proc, sys, moment, change, make: (name: string) => COLLECTORS[name]!(options) };
}

const FILES = [
  ...['stat', 'meminfo', 'vmstat', 'diskstats', 'net/dev', 'net/snmp'],
  ...['pressure/cpu', 'pressure/memory', 'pressure/io'],
];
const valuesOf = (outcome: Outcome) => (outcome.kind === 'data' ? (outcome.values ?? {}) : outcome.because);

describe('collectors on the files of a real machine', () => {
  it('give the frame of the golden file', async () => {
    const { moment, make } = aMachine();
    const clock = steppingClock(1_795_354_000_000);
    const source = guestSource({
      primary: { vm: 'i-0123456789abcdef0', name: 'web', actuator: 'ec2' },
      collectors: ['cpu', 'memory', 'pressure', 'disks', 'network', 'activity'].map(make),
      clock,
      monotonicNow: () => Number(clock.now()),
      log: keptLog(),
    });

    const first = await source.read();
    clock.advance(1_000);
    moment('proc-t1');
    const second = await source.read();
    source.close();

    expect(first).toEqual({ frames: [], primaries: [], events: [] });
    expectGolden(
      new URL('../../golden/agent/frame.json', import.meta.url),
      `${JSON.stringify(second, undefined, 2)}\n`,
    );
  });

  it('leave counters out of the first reading, and of the one after a reading that failed', () => {
    const { proc, moment, make } = aMachine();
    const cpu = make('cpu');
    expect(valuesOf(cpu.collect())).toEqual({ cpuCount: 2 });
    rmSync(join(proc, 'stat'));
    cpu.close();
    expect(() => cpu.collect()).toThrow('ENOENT');
    moment('proc-t1');

    expect(valuesOf(cpu.collect())).toEqual({ cpuCount: 2 });
    cpu.close();
  });

  it('leave a counter out that went backwards', () => {
    const { change, moment, make } = aMachine();
    const activity = make('activity');
    activity.collect();
    moment('proc-t1');
    change('stat', /ctxt \d+/, 'ctxt 5');

    expect(valuesOf(activity.collect())).not.toHaveProperty('contextSwitches');
    activity.close();
  });

  it('say what a kernel without pressure stall information would need', () => {
    const { proc, make } = aMachine();
    rmSync(join(proc, 'pressure'), { recursive: true });

    expect(make('pressure').collect()).toMatchObject({ kind: 'noData', wants: expect.stringContaining('CONFIG_PSI') });
  });

  it('leave the page counters out where there is no vmstat', () => {
    const { proc, make } = aMachine();
    rmSync(join(proc, 'vmstat'));
    const memory = make('memory');

    expect(valuesOf(memory.collect())).toMatchObject({ memoryTotalBytes: expect.any(Number) });
    memory.close();
  });

  it('count whole disks that are not made of others', () => {
    const { change, make } = aMachine();
    change('diskstats', /$/, ' 254 1 vda1 9 0 9 9 9 0 9 9 0 9 9\n');
    const disks = make('disks');
    disks.collect();

    const outcome = disks.collect();

    expect(outcome.kind === 'data' && outcome.disks?.map(({ name }) => name)).toEqual(['vda']);
    disks.close();
  });

  it('count the disks and interfaces that they are told to', () => {
    const { make } = aMachine({ disks: ['zram0'], nics: ['lo'] });
    const [disks, network] = [make('disks'), make('network')];
    disks.collect();
    network.collect();

    expect(disks.collect()).toMatchObject({ disks: [{ name: 'zram0' }] });
    expect(network.collect()).toMatchObject({ nics: [{ name: 'lo' }] });
    disks.close();
    network.close();
  });

  it('count interfaces with a device, or all but the loopback where none has one', () => {
    const { sys, make } = aMachine();
    const network = make('network');
    network.collect();
    expect(network.collect()).toMatchObject({ nics: [{ name: 'eth0' }] });
    rmSync(join(sys, 'class'), { recursive: true });

    const names = network.collect();

    expect(names.kind === 'data' && names.nics?.map(({ name }) => name)).not.toContain('lo');
    network.close();
  });

  it('read the wait of runnable tasks where the kernel gives it', () => {
    const { proc, make } = aMachine();
    const schedstat = (delay: number) => {
      writeFileSync(
        join(proc, 'schedstat'),
        `version 15\ntimestamp 1\ncpu0 0 0 0 0 0 0 9000 ${delay} 7\ncpu1 0 0 0 0 0 0 8 1000 7\n`,
      );
    };
    const cpu = make('cpu');
    schedstat(5_000);
    cpu.collect();
    schedstat(2_005_000);

    expect(valuesOf(cpu.collect())).toMatchObject({ cpuWaitUs: 2_000 });
    cpu.close();
  });

  it('read the generations of the multi-gen LRU as bands of age', () => {
    const { sys, make } = aMachine();
    const text = [
      'memcg     1 /',
      ' node     0',
      '          3     120000        100          0 ',
      '          4        900         10         20 ',
      'memcg    52 /system.slice',
      ' node     0',
      '          0        700          5          0 ',
      '',
    ].join('\n');
    expect(make('page-age').collect()).toMatchObject({
      kind: 'noData',
      wants: expect.stringContaining('CONFIG_LRU_GEN'),
    });
    mkdirSync(join(sys, 'kernel', 'debug'), { recursive: true });
    writeFileSync(join(sys, 'kernel', 'debug', 'lru_gen'), text);

    expect(make('page-age').collect()).toEqual({
      kind: 'data',
      ages: [
        { ageMs: 1_000, bytes: 35 * 4096 },
        { ageMs: 600_000, bytes: 100 * 4096 },
      ],
    });
  });

  it('say why there are no system calls where tracefs is not mounted', () => {
    const { make } = aMachine();

    expect(make('system-calls').collect()).toMatchObject({ kind: 'noData', wants: expect.stringContaining('tracefs') });
  });
});

describe('guest source', () => {
  it('goes on without a collector that fails, says so once, and counts it', async () => {
    const { make } = aMachine();
    const clock = steppingClock();
    const log = keptLog();
    const broken = {
      name: 'broken',
      collect: (): Outcome => {
        throw new Error('no such register');
      },
      close: () => undefined,
    };
    const collectors = [broken, make('activity')];
    const source = guestSource({
      primary: { vm: 'web', name: 'web', actuator: 'none' },
      collectors,
      clock,
      monotonicNow: () => Number(clock.now()),
      log,
    });
    for (let tick = 0; tick < 3; tick += 1) {
      await source.read();
      clock.advance(1_000);
    }

    const { frames } = await source.read();

    expect(frames[0]!.values).toHaveProperty('contextSwitches');
    expect(log.lines.filter(({ facts }) => facts['name'] === 'broken')).toHaveLength(1);
    expect(source.reports()[0]).toMatchObject({
      name: 'broken',
      state: 'failed',
      failures: 4,
      because: 'no such register',
    });
    source.close();
  });
});

describe('differences of counters', () => {
  it('take the start again of a counter of limited size for what it is, and a reset for another', () => {
    const deltas = new Deltas();
    const round = (wrapping: number, reset: number) => {
      deltas.begin();
      return [deltas.growth('wrapping', wrapping, 2 ** 32), deltas.growth('reset', reset, 2 ** 32)];
    };

    expect(round(2 ** 32 - 10, 5_000)).toEqual([undefined, undefined]);
    expect(round(20, 3)).toEqual([30, undefined]);
    expect(round(25, 10)).toEqual([5, 7]);
  });
});
