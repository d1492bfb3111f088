import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Collector, Outcome } from '../../../../agent/collectors/collector.ts';
import { FIRST_READING } from '../../../../agent/collectors/collector.ts';
import { Deltas, known } from '../../../../agent/collectors/deltas.ts';
import { topTallies } from '../../../../agent/tracing/top-tallies.ts';

const SWITCHES = 'context-switches';
const FORKS = 'sched:sched_process_fork';
const ALL_CALLS = 'raw_syscalls:sys_enter';
/** System calls that are counted by kind, with their numbers on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const CALLS: Readonly<Record<string, number>> = {
  read: 0,
  write: 1,
  poll: 7,
  mmap: 9,
  pread64: 17,
  pwrite64: 18,
  writev: 20,
  sendfile64: 40,
  sendto: 44,
  recvfrom: 45,
  sendmsg: 46,
  recvmsg: 47,
  execve: 59,
  fsync: 74,
  fdatasync: 75,
  futex: 202,
  epoll_wait: 232,
  openat: 257,
  newfstatat: 262,
  accept4: 288,
};
const EVENTS = [SWITCHES, FORKS, ALL_CALLS, ...Object.keys(CALLS).map(eventOf)];
/** perf reports this often; a frame's figure is off by at most one report. */
const REPORT_MS = 100;
const MOST_KINDS = 12;

/**
 * Context switches, forks and system calls of one control group, from the `perf` program (perf-stat(1), --cgroup): what the
 * kernel's own files give for the whole machine only. Kinds of calls that are not counted by themselves are in the rest.
 * Wants root, tracefs, and a group of the unified hierarchy.
 */
export function groupActivity(group: string): Collector {
  const totals = new Map<string, number>();
  const deltas = new Deltas();
  let child: ChildProcess | undefined;
  let gone: string | undefined;
  return {
    name: 'group-activity',
    collect: (): Outcome => {
      child ??= startPerf(group, totals, (because) => (gone ??= because));
      if (gone !== undefined) return { kind: 'noData', because: gone, wants: 'linux-perf, root and tracefs' };
      if (totals.size === 0) return FIRST_READING;
      deltas.begin();
      return { kind: 'data', ...readingOf((event) => deltas.growth(event, totals.get(event))) };
    },
    close: () => {
      child?.kill('SIGTERM');
      gone ??= 'closed';
    },
  };
}

function readingOf(growthOf: (event: string) => number | undefined) {
  const all = growthOf(ALL_CALLS);
  const values = known({ contextSwitches: growthOf(SWITCHES), forks: growthOf(FORKS), systemCalls: all });
  const byKind = Object.entries(CALLS).map(([name, number]) => [number, growthOf(eventOf(name)) ?? 0] as const);
  if (all === undefined) return { values };
  const rest = all - byKind.reduce((sum, [, count]) => sum + count, 0);
  return { values, syscalls: topTallies(new Map([...byKind, [-1, Math.max(0, rest)]]), MOST_KINDS) };
}

function startPerf(group: string, totals: Map<string, number>, ended: (because: string) => void): ChildProcess {
  const groups = EVENTS.map(() => group).join(',');
  // not scaled: the kernel counts these without gaps, and a group that hardly runs makes perf's factor absurd
  const args = ['stat', '--no-scale', '-a', '-x', ',', '-I', String(REPORT_MS), '-e', EVENTS.join(','), '-G', groups];
  const started = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  let rest = '';
  started.on('error', (error) => {
    ended(error.message);
  });
  started.on('exit', (code, signal) => {
    ended(`perf ended with ${signal ?? code ?? 'no code'}: ${rest.trim().split('\n').at(-1) ?? ''}`);
  });
  started.stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) add(totals, line);
  });
  return started;
}

/** Adds a line `time,count,unit,event,...`; a count that is no number (`<not counted>`: the group did not run) adds none. */
function add(totals: Map<string, number>, line: string): void {
  const [, count, , event] = line.trim().split(',');
  if (event === undefined || event === '') return;
  const value = Number(count);
  totals.set(event, (totals.get(event) ?? 0) + (Number.isFinite(value) ? value : 0));
}

function eventOf(call: string): string {
  return `syscalls:sys_enter_${call}`;
}
