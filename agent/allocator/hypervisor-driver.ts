import type { Allocation, Meter, PerMeter, Range } from '../../lib/core/meter.ts';
import type { EpochMs, VmId } from '../../lib/core/units.ts';
import type { Hypervisor } from '../../lib/ports/hypervisor.ts';

/** Limits in force, and when they were seen to be. */
export interface Reading {
  readonly limits: Allocation;
  /** By the clock of the host that answered. */
  readonly at: EpochMs;
}

/** What one meter of one VM may be set to now, and what says so. */
export interface Room extends Range {
  readonly because: string;
}

/**
 * What the allocator asks of a host. In `set`, Infinity lifts a limit: that is how a roll-back returns to "not limited".
 */
export interface HypervisorDriver extends Hypervisor {
  /** As `read`, with the host's own time, where the host tells it. */
  readonly readTimed?: (vm: VmId) => Promise<Reading>;
  /**
   * Where the driver knows it: what each meter may be set to, within the VM's own maximum and with the host's reserve
   * kept. `pledged` is growth of other VMs that other allocators on this host are at work on. Throws Fault PRIMARY_GONE.
   */
  readonly room?: (vm: VmId, pledged: PerMeter) => Promise<Readonly<Partial<Record<Meter, Room>>>>;
}
