import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { visitEvents } from './ring-page.ts';
import { control, fieldOffset } from './trace-instance.ts';
import type { DurationMs } from '../../lib/core/units.ts';
import type { SyscallCounter } from './syscall-histogram.ts';
import type { TraceInstance } from './trace-instance.ts';

/** When and for how long to look; time and chance as arguments. */
export interface SamplingOptions {
  readonly interval: DurationMs;
  /** From 0 to 1, 1 not included: where in the interval the window lies. */
  readonly random: () => number;
  readonly monotonicNow: () => DurationMs;
  /** Calls `action` after a delay, unless the returned function is called before. */
  readonly after: (delay: DurationMs, action: () => void) => () => void;
}

/** Share of each interval in which the event is on: its cost per system call is paid in this share only. */
const WINDOW_SHARE = 0.01;
const SHORTEST_WINDOW: DurationMs = 5;
/** Memory of all CPUs' buffers together; what does not fit is counted as lost and made good by scaling. */
const BUFFER_KIB = 512;
const LEAST_BUFFER_KIB = 16;
const PAGE_BYTES = 65_536;

/**
 * Counts in a window of each interval, at a random place in it, and scales up: a sample, right on average, and coarse for
 * calls that come in bursts. The window is measured, not assumed, and what the buffer lost is counted by the kernel.
 */
export function syscallSampler(instance: TraceInstance, options: SamplingOptions): SyscallCounter {
  const { interval, random, monotonicNow, after } = options;
  const idOffset = fieldOffset(instance.event, 'id') ?? 8;
  const cpus = readdirSync(join(instance.path, 'per_cpu')).map((cpu) => join(instance.path, 'per_cpu', cpu));
  control(
    join(instance.path, 'buffer_size_kb'),
    String(Math.max(LEAST_BUFFER_KIB, Math.floor(BUFFER_KIB / Math.max(1, cpus.length)))),
  );
  const rings = cpus.map((cpu) => ({
    fd: openSync(join(cpu, 'trace_pipe_raw'), constants.O_RDONLY | constants.O_NONBLOCK),
    stats: join(cpu, 'stats'),
    lost: lostIn(join(cpu, 'stats')),
  }));
  const page = Buffer.allocUnsafe(PAGE_BYTES);
  const enable = join(instance.event, 'enable');
  const cost = { windows: 0, switchingUs: 0, readingUs: 0, events: 0 };
  let window: { readonly from: DurationMs; to?: DurationMs } | undefined;
  let lastRead: DurationMs | undefined;
  let cancel: (() => void) | undefined;

  const timed = (counter: 'switchingUs' | 'readingUs', action: () => void) => {
    const from = monotonicNow();
    action();
    cost[counter] += Math.round((monotonicNow() - from) * 1000);
  };
  const switchOff = () => {
    if (window === undefined || window.to !== undefined) return;
    const to = monotonicNow();
    timed('switchingUs', () => {
      control(enable, '0');
    });
    window = { from: window.from, to };
  };
  const switchOn = (length: DurationMs) => {
    timed('switchingUs', () => {
      control(enable, '1');
    });
    window = { from: monotonicNow() };
    cost.windows += 1;
    cancel = after(length, switchOff);
  };
  const schedule = () => {
    cancel?.();
    const length = Math.max(SHORTEST_WINDOW, interval * WINDOW_SHARE);
    // the first and last tenth stay free: the reading itself is there, and a timer may be late
    cancel = after(interval * (0.1 + 0.8 * random()) - length, () => {
      switchOn(length);
    });
  };
  const drain = (byNumber: Map<number, number>): number => {
    let events = 0;
    let lost = 0;
    for (const ring of rings) {
      for (let read = readNow(ring.fd, page); read > 0; read = readNow(ring.fd, page)) {
        events += visitEvents(page.subarray(0, read), (record) => {
          const id = page.readInt32LE(record + idOffset);
          byNumber.set(id, (byNumber.get(id) ?? 0) + 1);
        });
      }
      const lostSoFar = lostIn(ring.stats);
      lost += lostSoFar - ring.lost;
      ring.lost = lostSoFar;
    }
    cost.events += events;
    return events + lost;
  };

  return {
    method: 'sampling',
    read: () => {
      switchOff();
      const byNumber = new Map<number, number>();
      let seen = 0;
      timed('readingUs', () => {
        seen = drain(byNumber);
      });
      const now = monotonicNow();
      const covered = lastRead === undefined ? undefined : now - lastRead;
      const looked = window?.to === undefined ? 0 : window.to - window.from;
      lastRead = now;
      window = undefined;
      schedule();
      if (covered === undefined || looked <= 0) return undefined;
      return scaleUp(byNumber, seen, covered / looked);
    },
    close: () => {
      cancel?.();
      switchOff();
      for (const ring of rings) closeSync(ring.fd);
    },
    cost: () => ({ ...cost }),
  };
}

function scaleUp(byNumber: ReadonlyMap<number, number>, seen: number, factor: number) {
  const read = [...byNumber.values()].reduce((sum, count) => sum + count, 0);
  const perRead = read === 0 ? 0 : (seen / read) * factor;
  return { total: seen * factor, byNumber: new Map([...byNumber].map(([id, count]) => [id, count * perRead])) };
}

/** Bytes read now; 0 when the ring is empty. */
function readNow(fd: number, page: Buffer): number {
  try {
    return readSync(fd, page, 0, page.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

/** Events that a ring has overwritten or refused since it was made. */
function lostIn(stats: string): number {
  return readFileSync(stats, 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('overrun:') || line.startsWith('dropped events:'))
    .reduce((sum, line) => sum + Number(line.slice(line.indexOf(':') + 1)), 0);
}
