import type { DurationMs, EpochMs } from '../../core/units.ts';
import { windowOf, type SourceRecord, type Window } from './kinesis-event.ts';
import type { EventSourceSettings } from './settings.ts';

/** Records that go together into one invocation. */
export interface ReadyBatch {
  readonly records: readonly SourceRecord[];
  /** Present exactly when windows are on. */
  readonly window: Window | undefined;
}

/** Lambda's limit on the payload of an invocation. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** The fields of one record around its data, rounded up. */
const RECORD_OVERHEAD_BYTES = 1024;

/** Records read and not yet delivered: gathers them into batches that respect size, payload and window borders. */
export class PendingRecords {
  readonly #settings: EventSourceSettings;
  readonly #length: DurationMs;
  #records: SourceRecord[] = [];
  #since: EpochMs = 0;

  constructor(settings: EventSourceSettings) {
    this.#settings = settings;
    this.#length = settings.tumblingWindowS * 1000;
  }

  get size(): number {
    return this.#records.length;
  }

  add(records: readonly SourceRecord[], now: EpochMs): void {
    if (this.#records.length === 0) this.#since = now;
    this.#records.push(...records);
  }

  /**
   * The next batch, or undefined when there is none yet. `open` is the window that has had records already: a record that
   * arrived before it is counted into it, because its own window is over. `flush` ends the gathering.
   */
  take(open: Window | undefined, now: EpochMs, flush: boolean): ReadyBatch | undefined {
    const first = this.#records[0];
    if (first === undefined) return undefined;
    const window = this.#windowOf(first, open);
    const size = this.#fitting(window);
    const isComplete = size < this.#records.length || size >= this.#settings.batchSize;
    const isDue =
      now - this.#since >= this.#settings.maxBatchingWindowMs || (window !== undefined && now >= window.end);
    if (!isComplete && !isDue && !flush) return undefined;
    const records = this.#records.slice(0, size);
    this.#records = this.#records.slice(size);
    this.#since = now;
    return { records, window };
  }

  #windowOf(record: SourceRecord, open: Window | undefined): Window | undefined {
    if (this.#length === 0) return undefined;
    return open !== undefined && record.arrivedAt < open.end ? open : windowOf(record.arrivedAt, this.#length);
  }

  #fitting(window: Window | undefined): number {
    let bytes = 0;
    let size = 0;
    for (const record of this.#records) {
      bytes += Math.ceil(record.data.length / 3) * 4 + RECORD_OVERHEAD_BYTES;
      const isBeyond = window !== undefined && record.arrivedAt >= window.end;
      if (isBeyond || size === this.#settings.batchSize || (size > 0 && bytes > MAX_EVENT_BYTES)) break;
      size += 1;
    }
    return size;
  }
}
