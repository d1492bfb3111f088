import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTimeOf } from '../../../agent/spool-lock.ts';
import { parseHistogram } from '../../../agent/tracing/histogram.ts';
import { visitEvents } from '../../../agent/tracing/ring-page.ts';
import { syscallHistogram } from '../../../agent/tracing/syscall-histogram.ts';
import { syscallSampler } from '../../../agent/tracing/syscall-sampler.ts';
import { topTallies } from '../../../agent/tracing/top-tallies.ts';
import { openTraceInstance } from '../../../agent/tracing/trace-instance.ts';
import type { TraceInstance } from '../../../agent/tracing/trace-instance.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/tracefs/${name}`, import.meta.url));
const EVENT = 'raw_syscalls/sys_enter';

/** A tree like tracefs with our instance in it, as the kernel would have filled it. */
function aTracefs(lost = 0) {
  const sys = tempDir();
  const tracing = join(sys, 'kernel', 'tracing');
  const own = join(tracing, 'instances', `shadowcast-${process.pid}-${startTimeOf(process.pid)}`);
  mkdirSync(join(tracing, 'events', EVENT), { recursive: true });
  for (const dir of [join(own, 'events', EVENT), join(own, 'per_cpu', 'cpu0')]) mkdirSync(dir, { recursive: true });
  cpSync(fixture('format'), join(own, 'events', EVENT, 'format'));
  const setLost = (events: number) => {
    writeFileSync(join(own, 'per_cpu', 'cpu0', 'stats'), `entries: 0\noverrun: ${events}\ndropped events: 0\n`);
  };
  setLost(lost);
  writeFileSync(join(own, 'per_cpu', 'cpu0', 'trace_pipe_raw'), '');
  return { roots: { proc: '/proc', sys }, tracing, own, setLost };
}

const opened = (tracefs: ReturnType<typeof aTracefs>) => openTraceInstance(tracefs.roots, EVENT) as TraceInstance;

describe('pages of the ring buffer', () => {
  it('give the events that the kernel wrote', () => {
    const file = readFileSync(fixture('trace_pipe_raw'));
    const counts = new Map<number, number>();
    let events = 0;
    for (let at = 0; at < file.length; at += 4096) {
      const page = file.subarray(at, at + 4096);
      events += visitEvents(page, (record) => {
        const id = page.readInt32LE(record + 8);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      });
    }

    // 60 records of 68 bytes in a page of 4080: a script in its calls of stat(2) (newfstatat, 262), then getppid(2) (110)
    expect(events).toBe(3 * 60);
    expect(Object.fromEntries(counts)).toEqual({ 110: 177, 262: 3 });
  });

  it('end where a length leads out of the page', () => {
    const page = Buffer.alloc(64);
    page.writeUInt32LE(40, 8);
    page.writeUInt32LE(28, 16);

    expect(visitEvents(page, () => undefined)).toBe(0);
  });
});

describe('a tracing instance', () => {
  it('is made beside those of living agents, after those of dead ones are removed', () => {
    const tracefs = aTracefs();
    const instances = join(tracefs.tracing, 'instances');
    for (const name of ['shadowcast-999999999-1', `shadowcast-${process.pid}-1`, 'perf', 'shadowcast-x']) {
      mkdirSync(join(instances, name));
    }

    opened(tracefs);

    const ours = `shadowcast-${process.pid}-${startTimeOf(process.pid)}`;
    expect(readdirSync(instances).sort()).toEqual(['perf', ours, 'shadowcast-x']);
  });

  it('is refused with the reason where there is no such event', () => {
    const { roots } = aTracefs();

    expect(openTraceInstance(roots, 'kvm/kvm_exit')).toMatchObject({
      because: expect.stringContaining('kvm/kvm_exit'),
    });
  });

  (process.getuid?.() === 0 ? it.skip : it)('is refused with the reason where tracefs may not be written', () => {
    const { roots, tracing } = aTracefs();
    const instances = join(tracing, 'instances');
    chmodSync(instances, 0o500);

    const refused = openTraceInstance(roots, EVENT);
    chmodSync(instances, 0o700); // what was made must be possible to remove

    expect(refused).toMatchObject({ wants: 'root' });
  });
});

describe('system calls by sampling', () => {
  it('switches the event on for a window of each interval and scales what it saw up', () => {
    const tracefs = aTracefs(7);
    const instance = opened(tracefs);
    let now = 0;
    const timers: { at: number; action: () => void }[] = [];
    const after = (delay: number, action: () => void) => {
      const timer = { at: now + delay, action };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    };
    const passUntil = (time: number) => {
      for (let next = timers.shift(); next !== undefined; next = timers.shift()) {
        now = next.at;
        next.action();
      }
      now = time;
    };
    const sampler = syscallSampler(instance, { interval: 1_000, random: () => 0.5, monotonicNow: () => now, after });
    const enable = join(instance.event, 'enable');
    expect(sampler.read()).toBeUndefined();

    now = timers[0]!.at;
    timers.shift()!.action();
    expect(readFileSync(enable, 'utf8')).toBe('1');
    passUntil(1_000);
    expect(readFileSync(enable, 'utf8')).toBe('0');
    // one page of 60 events to read, 20 more lost
    const raw = join(tracefs.own, 'per_cpu', 'cpu0', 'trace_pipe_raw');
    writeFileSync(raw, readFileSync(fixture('trace_pipe_raw')).subarray(0, 4096));
    tracefs.setLost(27);
    const counts = sampler.read();

    // a window of 10 ms in 1000 ms: 60 read and 20 lost, times 100
    expect(counts?.total).toBeCloseTo(8_000, 6);
    expect([...counts!.byNumber.values()].reduce((sum, count) => sum + count, 0)).toBeCloseTo(8_000, 6);
    expect(sampler.cost()).toMatchObject({ windows: 1, events: 60 });
    sampler.close();
  });
});

describe('system calls by histogram', () => {
  const table = (read: number) =>
    `# event histogram\n#\n\n{ id:          0 } hitcount:  ${read}\n{ id:         35 } hitcount:          4\n\nTotals:\n    Hits: 9\n`;

  it('gives the growth of the table since the last reading', () => {
    const instance = opened(aTracefs());
    const hist = join(instance.event, 'hist');
    writeFileSync(hist, table(100));
    const counter = syscallHistogram(instance);
    expect(readFileSync(join(instance.event, 'trigger'), 'utf8')).toBe('hist:keys=id:size=512');
    expect(counter.read()).toBeUndefined();
    writeFileSync(hist, `${table(150)}{ id: 1 } hitcount: 3\n`);

    const counts = counter.read();

    expect(counts?.total).toBe(53);
    expect([...counts!.byNumber]).toEqual([
      [0, 50],
      [35, 0],
      [1, 3],
    ]);
    counter.close();
    expect(existsSync(hist)).toBe(true);
  });

  it('reads a table with other lines in it', () => {
    expect([...parseHistogram(table(12))]).toEqual([
      [0, 12],
      [35, 4],
    ]);
  });
});

describe('the most frequent counts', () => {
  it('come first, and the rest is summed under -1', () => {
    const counts = new Map([
      [1, 5],
      [2, 9.4],
      [3, 5],
      [4, 0.2],
      [5, 1],
    ]);

    expect(topTallies(counts, 2)).toEqual([
      { key: 2, count: 9 },
      { key: 1, count: 5 },
      { key: -1, count: 6 },
    ]);
  });
});
