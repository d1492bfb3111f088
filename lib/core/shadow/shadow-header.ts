import type { Horizon } from '../forecast/forecast.ts';
import type { Allocation } from '../meter.ts';
import type { Primary } from '../trace/frame.ts';
import type { EpochMs, HostId } from '../units.ts';
import type { DedupeState } from './dedupe.ts';
import type { StepState } from './step-watch.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
/** What others keep with a shadow (the policies' memory, the plan in flight); it rides in the checkpoint as it is. */
export type ShadowMemory = Readonly<Record<string, Json>>;

/** The part of a shadow's state that is small and structured; header-bytes.ts writes it into a checkpoint. */
export interface ShadowHeader {
  readonly primary: Primary;
  readonly host: HostId;
  readonly horizon: Horizon;
  readonly lastAt: EpochMs;
  readonly allocation: Allocation;
  readonly frames: number;
  readonly state: 'active' | 'suspended';
  readonly lifeAt: EpochMs;
  readonly memory: ShadowMemory;
  /** What the sizer keeps with the shadow: float32s, or nothing. */
  readonly sizing: Uint8Array<ArrayBuffer>;
  readonly version: number;
  readonly step: StepState;
  readonly dedupe: DedupeState;
}
