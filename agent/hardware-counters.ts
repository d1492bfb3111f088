import { spawn } from 'node:child_process';
import { FIRST_READING } from './collectors/collector.ts';
import { Deltas, known } from './collectors/deltas.ts';
import type { ChildProcess } from 'node:child_process';
import type { Collector, CollectorOptions, Outcome } from './collectors/collector.ts';
import type { FrameField } from '../lib/core/trace/fields.ts';

/** perf's events and the fields they fill. */
const EVENTS: Readonly<Record<string, FrameField>> = {
  instructions: 'instructions',
  cycles: 'cycles',
  'cache-references': 'cacheReferences',
  'cache-misses': 'cacheMisses',
};
/** perf refuses less than 10 ms and warns below 100. */
const SHORTEST_REPORT_MS = 100;
/** Reports within one interval: a frame's figure is off by at most one of them. */
const REPORTS_PER_INTERVAL = 10;

/**
 * Instructions, cycles and cache misses of the whole machine. The system call that gives them (perf_event_open) cannot be
 * reached from Node.js, so the `perf` program is started once and read along; that is why this is no ordinary collector
 * and is on only when asked for. Counting costs every context switch a little (perf-stat(1)).
 */
export function hardwareCounters({ interval }: CollectorOptions, program = 'perf'): Collector {
  const totals = new Map<FrameField, number>();
  const deltas = new Deltas();
  let child: ChildProcess | undefined;
  let gone: string | undefined;
  let rest = '';

  const start = (): ChildProcess => {
    const report = Math.max(SHORTEST_REPORT_MS, Math.round(interval / REPORTS_PER_INTERVAL));
    const args = ['stat', '-a', '-x', ',', '-I', String(report), '-e', Object.keys(EVENTS).join(',')];
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
    started.on('error', (error) => {
      gone = error.message;
    });
    started.on('exit', (code, signal) => {
      gone ??= `perf ended with ${signal ?? code ?? 'no code'}: ${rest.trim().split('\n').at(-1) ?? ''}`;
    });
    started.stderr.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) add(totals, line);
    });
    return started;
  };

  return {
    name: 'hardware',
    collect: (): Outcome => {
      child ??= start();
      if (gone !== undefined) {
        return {
          kind: 'noData',
          because: gone,
          wants: 'the perf program (linux-perf), and root or perf_event_paranoid below 1',
        };
      }
      if (totals.size === 0) return FIRST_READING;
      deltas.begin();
      const grown = [...totals].map(([field, total]) => [field, deltas.growth(field, total)] as const);
      return { kind: 'data', values: known(Object.fromEntries(grown)) };
    },
    close: () => {
      child?.kill('SIGTERM');
      gone ??= 'closed';
    },
  };
}

/** Adds a line `time,count,unit,event,...`; a count that is no number (`<not supported>`) is not there. */
function add(totals: Map<FrameField, number>, line: string): void {
  const [, count, , event] = line.split(',');
  const field = EVENTS[event ?? ''];
  const value = Number(count);
  if (field !== undefined && count !== undefined && Number.isFinite(value))
    totals.set(field, (totals.get(field) ?? 0) + value);
}
