import type { InstanceType } from '../core/plan/choose-type.ts';
import type { Primary } from '../core/trace/frame.ts';
import type { VmId } from '../core/units.ts';

/** The EC2 instances of an account and region, as far as they are enrolled. */
export interface InstanceFleet {
  /** The instance as a primary, or undefined when it does not exist or does not carry the enrolment tag. */
  describe: (vm: VmId) => Promise<Primary | undefined>;
  /** The instance's type, and all types of its family; undefined when the instance does not exist. */
  types: (
    vm: VmId,
  ) => Promise<{ readonly current: InstanceType; readonly family: readonly InstanceType[] } | undefined>;
}
