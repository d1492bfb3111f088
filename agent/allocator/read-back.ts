import { isFault } from '../../lib/core/fault.ts';
import type { Allocation, Meter } from '../../lib/core/meter.ts';
import type { DurationMs, VmId } from '../../lib/core/units.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { HypervisorDriver, Reading } from './hypervisor-driver.ts';

/** How long a host may take to do what it has taken. */
export interface Patience {
  /**
   * Without any movement towards the target. QEMU tells a balloon's size at most once a second, so this must span
   * several of its reports.
   */
  readonly stall: DurationMs;
  /** In all: a large balloon moves for many seconds. */
  readonly total: DurationMs;
}

/**
 * SSM ends this program 30 s after its start. The wait for another allocator, the way there, libvirt's 5 s for an unplug
 * and the way back must fit, so that it is never ended half-way.
 */
export const PATIENCE = { claim: 5_000, stall: 3_000, there: 12_000, back: 6_000 } as const satisfies Readonly<
  Record<string, DurationMs>
>;

/** What was read back, and the meters that are not where they were asked to be. */
export interface ReadBack extends Reading {
  readonly missed: readonly Meter[];
}

/**
 * How far from the request a meter may be read back and still be called in force: a balloon moves whole pages and keeps
 * a remainder, tc counts KiB/s.
 */
const TOLERANCE: Readonly<Record<Meter, number>> = {
  cpu: 1e-6,
  memory: 2 ** 20,
  disk_read: 1_024,
  disk_write: 1_024,
  net_rx: 1_024,
  net_tx: 1_024,
};

/** Whether a meter reads back as asked. Infinity asks for "not limited", which reads back as absent. */
export function isInForce(meter: Meter, asked: number, got: number | undefined): boolean {
  if (asked === Infinity) return got === undefined;
  return got !== undefined && Math.abs(got - asked) <= TOLERANCE[meter];
}

export const metersOf = (allocation: Allocation): Meter[] => Object.keys(allocation) as Meter[];

/** Limits now, timed by the host where it tells the time, else by our clock. */
export async function readNow(hypervisor: HypervisorDriver, vm: VmId, clock: Clock): Promise<Reading> {
  if (hypervisor.readTimed !== undefined) return hypervisor.readTimed(vm);
  const limits = await hypervisor.read(vm);
  return { limits, at: clock.now() };
}

/**
 * Reads until every meter is as asked, or nothing has moved for `stall`, or `total` is over. A read that fails for a
 * moment (a busy libvirtd) counts as no movement. Throws Fault PRIMARY_GONE, and whatever the last read threw when none
 * succeeded.
 */
export async function readBack(
  deps: { readonly hypervisor: HypervisorDriver; readonly clock: Clock; readonly patience: Patience },
  vm: VmId,
  asked: Allocation,
): Promise<ReadBack> {
  const { clock, patience } = deps;
  const start = clock.now();
  let moved = start;
  let last: ReadBack | undefined;
  for (let pause = 10; ; pause = Math.min(pause * 2, 100)) {
    const seen = await attempt(deps, vm);
    if (seen.kind === 'read') {
      const missed = metersOf(asked).filter((meter) => !isInForce(meter, asked[meter] ?? Infinity, seen.limits[meter]));
      if (last === undefined || missed.some((meter) => last?.limits[meter] !== seen.limits[meter])) moved = clock.now();
      last = { limits: seen.limits, at: seen.at, missed };
      if (missed.length === 0) return last;
    }
    const now = clock.now();
    if (now - moved >= patience.stall || now - start >= patience.total) {
      if (last !== undefined) return last;
      if (seen.kind === 'failed') throw seen.thrown;
    }
    await clock.sleep(pause);
  }
}

async function attempt(
  deps: { readonly hypervisor: HypervisorDriver; readonly clock: Clock },
  vm: VmId,
): Promise<({ readonly kind: 'read' } & Reading) | { readonly kind: 'failed'; readonly thrown: unknown }> {
  try {
    return { kind: 'read', ...(await readNow(deps.hypervisor, vm, deps.clock)) };
  } catch (thrown) {
    if (isFault(thrown) && thrown.code === 'PRIMARY_GONE') throw thrown;
    return { kind: 'failed', thrown };
  }
}
