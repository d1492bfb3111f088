import type { DurationMs, EpochMs } from '../core/units.ts';

/** Time, as an argument. */
export interface Clock {
  now: () => EpochMs;
  /** Resolves after the duration, or at once when the signal aborts (without an error). */
  sleep: (duration: DurationMs, signal?: AbortSignal) => Promise<void>;
}
