import type { VmId } from '../core/units.ts';

/** One checkpoint: a shadow as bytes, with the version that guards it. */
export interface StoredShadow {
  readonly vm: VmId;
  /** 1 for the first; each accepted write raises it by exactly one. */
  readonly version: number;
  readonly state: Uint8Array;
}

/** Where shadows rest between windows. */
export interface ShadowStore {
  /** The newest checkpoint, or undefined when the VM has none. Throws Fault STORE_UNAVAILABLE (retryable). */
  get: (vm: VmId) => Promise<StoredShadow | undefined>;
  /** Writes version n over n - 1 (1 over nothing). Throws Fault SHADOW_STALE_WRITE when another version is there. */
  put: (shadow: StoredShadow) => Promise<void>;
  /** Ends it. A second time, or for a VM that has none, does nothing. */
  delete: (vm: VmId) => Promise<void>;
  list: () => Promise<readonly VmId[]>;
}
