import type { HostId } from '../core/units.ts';

/** One encoded batch on its way out. */
export interface StreamRecord {
  readonly host: HostId;
  readonly data: Uint8Array;
}

/** The one-way channel from hosts to shadows. */
export interface TraceStream {
  /**
   * Sends records in order and says which were taken: the result has one boolean for each record. Throws Fault
   * STREAM_UNAVAILABLE (retryable) when none could be sent.
   */
  put: (records: readonly StreamRecord[]) => Promise<readonly boolean[]>;
}
