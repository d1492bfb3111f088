import type { Allocation } from '../core/meter.ts';
import type { VmId } from '../core/units.ts';

/** A host that can change what its VMs may use, live. Used by the allocator only. */
export interface Hypervisor {
  /**
   * Limits in force, read from the hypervisor itself. Throws Fault PRIMARY_GONE when the VM does not exist or does not run.
   */
  read: (vm: VmId) => Promise<Allocation>;
  /**
   * Puts limits in force, one meter after the other in the order given; an absent meter is left alone. Resolves when the
   * hypervisor has taken them; what really came of it is for `read` to say. Throws Fault ACT_FAILED or PRIMARY_GONE.
   */
  set: (vm: VmId, limits: Allocation) => Promise<void>;
}
