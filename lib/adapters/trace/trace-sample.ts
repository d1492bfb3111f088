import type { PerMeter } from '../../core/meter.ts';
import type { EpochMs, VmId } from '../../core/units.ts';

/** One row of a trace CSV: what a VM used in the step that ends at `time`. Absent means unknown. */
export interface TraceSample {
  readonly time: EpochMs;
  readonly vm: VmId;
  readonly use: PerMeter;
  /** What the VM had: vCPUs, bytes. */
  readonly capacity: { readonly cpu?: number; readonly memory?: number };
}
