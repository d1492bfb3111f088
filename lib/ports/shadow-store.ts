import type { EpochMs, VmId } from '../core/units.ts';

/** One checkpoint: a shadow as bytes, with the version that guards it. */
export interface StoredShadow {
  readonly kind: 'live';
  readonly vm: VmId;
  /** 1 for the first; each accepted write raises it by exactly one. */
  readonly version: number;
  readonly state: Uint8Array;
  /** End of the newest frame in it. A shadow that hears nothing for 30 days may be forgotten by the store. */
  readonly seenAt: EpochMs;
}

/** What is left of a shadow whose primary is gone, so that a late frame does not bring it back. */
export interface EndedShadow {
  readonly kind: 'ended';
  readonly vm: VmId;
  readonly version: number;
  readonly endedAt: EpochMs;
}

/** What VMs with one machine image are born from. */
export interface StoredElder {
  readonly image: string;
  /** It has seen enough that only another one like it takes its place. */
  readonly isGrown: boolean;
  readonly state: Uint8Array;
  /** End of the newest frame in it. One that is not renewed for 30 days may be forgotten by the store. */
  readonly seenAt: EpochMs;
}

/** Where shadows rest between windows. */
export interface ShadowStore {
  /** The newest checkpoint, its end, or undefined when the VM was never seen. Throws Fault STORE_UNAVAILABLE (retryable). */
  get: (vm: VmId) => Promise<StoredShadow | EndedShadow | undefined>;
  /** Writes version n over n - 1 (1 over nothing or over an end). Throws Fault SHADOW_STALE_WRITE when another version is there. */
  put: (shadow: Omit<StoredShadow, 'kind'>) => Promise<void>;
  /** Ends it, whatever its version. A second time, or for a VM that was never seen, it only moves the end forward. */
  end: (vm: VmId, endedAt: EpochMs) => Promise<void>;
  /** The elder of an image, or undefined. Throws Fault STORE_UNAVAILABLE (retryable). */
  elder: (image: string) => Promise<StoredElder | undefined>;
  /** Keeps an elder in place of the one before; does nothing where that is grown and this one is not. */
  keepElder: (elder: StoredElder) => Promise<void>;
}
