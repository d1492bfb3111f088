import type { Interval, Measured } from './interval.ts';
import type { Cause } from './non-negative-fit.ts';

/**
 * How each measured kind of waiting follows from the replay, as coefficients of its causes:
 *
 *   cpuStall, cpuWaiting   queue signal (`CpuReplay`), vCPUs of work, thousands of wake-ups per second
 *   diskQueue              p^2 / (1 - p), p, for a device that is busy for a share p of the time
 *
 * Only the first depends on the size. Its coefficient says how much of what an open queue of random arrivals would wait
 * really waits: a program of two threads never waits on two vCPUs, however busy they are. The others are waiting that comes
 * with the work: other VMs of the host, the time it takes to get on a CPU, requests that come in bundles.
 */
export type Coefficients = Readonly<Record<keyof Measured, readonly number[]>>;

export const WAITING_KINDS: readonly (keyof Measured)[] = ['cpuStall', 'cpuWaiting', 'diskQueue'];

/**
 * What is believed of a primary that has measured nothing: least squares over every second of our recorded runs (sorted by
 * name, even ones; each run counts the same), `test/bench/whatif.bench.ts`. They measured no `cpuWaiting`, so what
 * they say of `cpuStall` is taken. Firmness is a judgement: two busy intervals outweigh it.
 */
export const CAUSES: Readonly<Record<keyof Measured, readonly Cause[]>> = {
  cpuStall: [
    { prior: 0.2, firmness: 1 },
    { prior: 0, firmness: 0 },
    { prior: 0.002, firmness: 0 },
  ],
  cpuWaiting: [
    { prior: 0.2, firmness: 1 },
    { prior: 0, firmness: 0 },
    { prior: 0.002, firmness: 0 },
  ],
  diskQueue: [
    { prior: 0, firmness: 0.05 },
    { prior: 2.7, firmness: 0 },
  ],
};

/** Busy time is measured to a percent or so, and being busy all the time is no measure of how long the queue is. */
const MOST_BUSY = 0.98;

/** The causes of the disk queue, for a device that would be busy for a share `busy` of the time; also above 1. */
export function diskCauses(busy: number): readonly [queue: number, busy: number] {
  const load = Math.min(MOST_BUSY, Math.max(0, busy));
  return [(load * load) / (1 - load), load];
}

/** The causes of CPU waiting, given the signal of the queue. */
export const cpuCauses = (
  signal: number,
  { cpu = 0, wakeUps }: Pick<Interval, 'cpu' | 'wakeUps'>,
): readonly number[] => [signal, cpu, wakeUps / 1000];

/** What coefficients say of causes. */
export function predicted(coefficients: readonly number[], causes: readonly number[]): number {
  let sum = 0;
  for (const [i, cause] of causes.entries()) sum += cause * (coefficients[i] ?? 0);
  return sum;
}
