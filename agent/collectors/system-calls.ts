import { monotonicNow } from '../system-clock.ts';
import { syscallHistogram } from '../tracing/syscall-histogram.ts';
import { syscallSampler } from '../tracing/syscall-sampler.ts';
import { topTallies } from '../tracing/top-tallies.ts';
import { openTraceInstance } from '../tracing/trace-instance.ts';
import { FIRST_READING } from './collector.ts';
import { known } from './deltas.ts';
import type { CollectorMaker, CollectorOptions, Outcome } from './collector.ts';
import type { SyscallCounter } from '../tracing/syscall-histogram.ts';
import type { NoTracing, TraceInstance } from '../tracing/trace-instance.ts';

const EVENT = 'raw_syscalls/sys_enter';
const MOST_KINDS = 12;

/**
 * System calls of the whole machine by number, from the kernel's event raw_syscalls:sys_enter in a tracing instance of
 * our own. Counted by a histogram in the kernel where it has those; else the event is on for a hundredth of the time and
 * the count is scaled up.
 */
export const systemCallsCollector: CollectorMaker = (options) => {
  let opened: Opened | NoTracing | undefined;
  return {
    name: 'system-calls',
    collect: (): Outcome => {
      opened ??= openCounter(options);
      if (!('counter' in opened)) return { kind: 'noData', ...opened };
      const counts = opened.counter.read();
      if (counts === undefined) return FIRST_READING;
      return {
        kind: 'data',
        values: known({ systemCalls: counts.total }),
        syscalls: topTallies(counts.byNumber, MOST_KINDS),
      };
    },
    close: () => {
      if (opened !== undefined && 'counter' in opened) {
        opened.counter.close();
        opened.instance.remove();
      }
      opened = undefined;
    },
    cost: () => (opened !== undefined && 'counter' in opened ? opened.counter.cost() : {}),
  };
};

interface Opened {
  readonly instance: TraceInstance;
  readonly counter: SyscallCounter;
}

function openCounter({ roots, interval, random }: CollectorOptions): Opened | NoTracing {
  const instance = openTraceInstance(roots, EVENT);
  if (!('remove' in instance)) return instance;
  try {
    return { instance, counter: histogramOrSampler(instance, { interval, random, monotonicNow, after }) };
  } catch (error) {
    instance.remove();
    return {
      because: `the tracing instance cannot be set up: ${String(error)}`,
      wants: 'root, and tracefs as the kernel gives it',
    };
  }
}

function histogramOrSampler(instance: TraceInstance, options: Parameters<typeof syscallSampler>[1]): SyscallCounter {
  try {
    return syscallHistogram(instance);
  } catch {
    // a kernel without histogram triggers refuses the trigger's word
    return syscallSampler(instance, options);
  }
}

function after(delay: number, action: () => void): () => void {
  const timer = setTimeout(action, Math.max(0, delay));
  timer.unref();
  return () => {
    clearTimeout(timer);
  };
}
