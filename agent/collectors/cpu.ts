import { join } from 'node:path';
import { Deltas, known } from './deltas.ts';
import { ProcFile } from './proc-file.ts';
import type { CollectorMaker } from './collector.ts';

/** The kernel counts CPU time for user space in hundredths of a second on every architecture that Node.js runs on. */
const TICK_US = 10_000;

/**
 * CPU time from /proc/stat (proc(5)), and the time that runnable tasks waited from /proc/schedstat
 * (https://docs.kernel.org/scheduler/sched-stats.html). A kernel without CONFIG_SCHEDSTATS has no such file; the wait is
 * left out then.
 */
export const cpuCollector: CollectorMaker = ({ roots }) => {
  const stat = new ProcFile(join(roots.proc, 'stat'));
  const schedstat = new ProcFile(join(roots.proc, 'schedstat'));
  const deltas = new Deltas();
  return {
    name: 'cpu',
    collect: () => {
      deltas.begin();
      const times = parseCpuTimes(stat.read());
      const grown = (key: keyof CpuTimes) => scaled(deltas.growth(key, times[key]), TICK_US);
      const kernel = sum(grown('system'), grown('irq'), grown('softirq'));
      return {
        kind: 'data',
        values: known({
          cpuCount: times.count,
          cpuRunUs: sum(grown('user'), grown('nice'), kernel),
          cpuSystemUs: kernel,
          cpuWaitUs: scaled(deltas.growth('wait', parseRunDelayNs(schedstat.readIfThere())), 1e-3),
          cpuStealUs: grown('steal'),
          cpuIowaitUs: grown('iowait'),
        }),
      };
    },
    close: () => {
      stat.close();
      schedstat.close();
    },
  };
};

/** The first line of /proc/stat in ticks, summed over CPUs, and how many CPUs there are. */
interface CpuTimes {
  readonly count: number;
  /** Guest time is a part of user, guest_nice of nice. */
  readonly user: number | undefined;
  readonly nice: number | undefined;
  readonly system: number | undefined;
  /** May go backwards: the kernel corrects it. */
  readonly iowait: number | undefined;
  readonly irq: number | undefined;
  readonly softirq: number | undefined;
  readonly steal: number | undefined;
}

function parseCpuTimes(text: string): CpuTimes {
  if (!text.startsWith('cpu '))
    throw new Error(`stat begins with ${JSON.stringify(text.slice(0, 20))}, not with a cpu line`);
  const [user, nice, system, , iowait, irq, softirq, steal] = numbersOf(text.slice(3, text.indexOf('\n')));
  let count = 0;
  for (let at = text.indexOf('\ncpu'); at !== -1; at = text.indexOf('\ncpu', at + 1)) count += 1;
  return { count, user, nice, system, iowait, irq, softirq, steal };
}

/** Sum over CPUs of the time that tasks spent runnable and not running: the eighth number of a cpu line, nanoseconds. */
function parseRunDelayNs(text: string | undefined): number | undefined {
  const delays = text
    ?.split('\n')
    .filter((line) => line.startsWith('cpu'))
    .map((line) => numbersOf(line.slice(line.indexOf(' ')))[7] ?? Number.NaN);
  return delays === undefined || delays.length === 0 ? undefined : delays.reduce((total, delay) => total + delay, 0);
}

function numbersOf(cells: string): number[] {
  return cells.trim().split(/ +/).map(Number);
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

/** The sum, or undefined when a part is not known. */
function sum(...parts: readonly (number | undefined)[]): number | undefined {
  return parts.reduce((total, part) => (total === undefined || part === undefined ? undefined : total + part), 0);
}
