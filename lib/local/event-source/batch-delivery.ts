import { messageOf } from '../../core/fault.ts';
import type { EpochMs } from '../../core/units.ts';
import type { Clock } from '../../ports/clock.ts';
import { readAnswer, type BatchResult } from './batch-answer.ts';
import { discardedBatch, type DiscardCondition, type DiscardedBatch } from './discard.ts';
import {
  eventRecord,
  windowTimes,
  type Json,
  type KinesisEvent,
  type SourceRecord,
  type Window,
} from './kinesis-event.ts';
import type { EventSourceSettings } from './settings.ts';

export interface DeliveryOptions {
  /** The function. A rejection is a function error. */
  readonly invoke: (event: KinesisEvent) => Promise<unknown>;
  readonly settings: EventSourceSettings;
  readonly onDiscard: (batch: DiscardedBatch) => void | Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
}

/** Records that travel together through retries and halving. */
interface Work {
  readonly records: readonly SourceRecord[];
  readonly invocations: number;
  /** Invocations that count against the quota. */
  readonly retries: number;
  readonly threw: boolean | undefined;
}

/** Beyond this the window ends early. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
const MAX_STATE_BYTES = 1024 * 1024;
const MAX_BACKOFF_FACTOR = 100;
const TRIES_WHEN_STOPPING = 3;

/** Brings the records of one shard to the function, one invocation at a time, and carries the window's state along. */
export class BatchDelivery {
  readonly #options: DeliveryOptions;
  /** The state is kept as text: the function gets a copy each time, as over a wire. */
  #open: { readonly window: Window; state: string } | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** The window that has had records and no final invocation yet. */
  get window(): Window | undefined {
    return this.#open?.window;
  }

  get isStopped(): boolean {
    return this.#options.signal.aborted;
  }

  /**
   * Resolves when every record was taken by the function or discarded, or when the signal aborted and the invocation that
   * ran then is over. All records belong to `window`, which must be given exactly when windows are on.
   */
  async deliver(records: readonly SourceRecord[], window: Window | undefined): Promise<void> {
    if (window !== undefined && this.#open === undefined) this.#open = { window, state: '{}' };
    const work: Work[] = [{ records, invocations: 0, retries: 0, threw: undefined }];
    while (!this.#options.signal.aborted) {
      const next = work.shift();
      if (next === undefined) return;
      const fresh = await this.#withoutExpired(next);
      if (fresh.records.length === 0) continue;
      const result = await this.#invokeWith(fresh.records);
      await this.#keepState(result);
      if (result.kind === 'done') continue;
      const again = await this.#afterFailure(fresh, result);
      work.unshift(...again);
      if (again.length > 0) await this.#backOff(fresh.invocations);
    }
  }

  /** Invokes the function a last time for the window, without records, until that succeeds; then the state is gone. */
  async endWindow(isWindowTerminatedEarly = false): Promise<void> {
    const { signal, log, shardId } = this.#options;
    const wasStopping = signal.aborted;
    for (let tries = 0; this.#open !== undefined; tries += 1) {
      if (signal.aborted && (!wasStopping || tries >= TRIES_WHEN_STOPPING)) return;
      const result = await this.#invokeWith([], { isFinalInvokeForWindow: true, isWindowTerminatedEarly });
      if (result.kind === 'done') this.#open = undefined;
      else if (tries === 0) log(`the final invocation of a window of shard ${shardId} failed: ${result.because}`);
      if (result.kind === 'failed') await this.#backOff(tries);
    }
  }

  async #invokeWith(
    records: readonly SourceRecord[],
    final = { isFinalInvokeForWindow: false, isWindowTerminatedEarly: false },
  ): Promise<BatchResult & { readonly threw?: true }> {
    const { streamArn, shardId, settings, invoke } = this.#options;
    const open = this.#open;
    const event: KinesisEvent = {
      Records: records.map((record) => eventRecord(record, streamArn, shardId)),
      ...(open !== undefined && {
        window: windowTimes(open.window),
        state: JSON.parse(open.state) as Json,
        shardId,
        eventSourceARN: streamArn,
        ...final,
      }),
    };
    try {
      const { reportBatchItemFailures } = settings;
      // The answer to a final invocation carries a state too, which is then dropped.
      return readAnswer(await invoke(event), records, { reportBatchItemFailures, windowed: open !== undefined });
    } catch (error) {
      return { kind: 'failed', failed: 0, because: messageOf(error), state: undefined, threw: true };
    }
  }

  /**
   * Takes over the state of an answer. One that is too large ends the window early: the function sees it in a final
   * invocation, and the window goes on with a fresh state.
   */
  async #keepState({ state }: BatchResult): Promise<void> {
    const open = this.#open;
    if (open === undefined || state === undefined) return;
    open.state = JSON.stringify(state);
    if (Buffer.byteLength(open.state) <= MAX_STATE_BYTES) return;
    this.#options.log(
      `the state of shard ${this.#options.shardId} has ${Buffer.byteLength(open.state)} bytes, at most ${MAX_STATE_BYTES} fit: its window ends early`,
    );
    await this.endWindow(true);
    this.#open ??= { window: open.window, state: '{}' };
  }

  async #afterFailure(work: Work, result: BatchResult & { kind: 'failed'; threw?: true }): Promise<readonly Work[]> {
    const { settings, log, shardId } = this.#options;
    const records = work.records.slice(result.failed);
    const rest = { ...work, records, invocations: work.invocations + 1, threw: result.threw === true };
    if (work.invocations === 0) log(`an invocation for shard ${shardId} failed: ${result.because}`);
    if (settings.bisectBatchOnFunctionError) {
      if (result.failed > 0) return [rest];
      if (records.length > 1) return halves(rest);
    }
    const { maximumRetryAttempts } = settings;
    if (maximumRetryAttempts < 0 || work.retries < maximumRetryAttempts)
      return [{ ...rest, retries: work.retries + 1 }];
    await this.#discard(rest, 'RetryAttemptsExhausted');
    return [];
  }

  /** Records lie in the order of their arrival, so the expired ones come first. */
  async #withoutExpired(work: Work): Promise<Work> {
    const { settings, clock } = this.#options;
    if (settings.maximumRecordAgeS < 0) return work;
    const oldest: EpochMs = clock.now() - settings.maximumRecordAgeS * 1000;
    const firstFresh = work.records.findIndex((record) => record.arrivedAt >= oldest);
    if (firstFresh === 0) return work;
    const cut = firstFresh < 0 ? work.records.length : firstFresh;
    await this.#discard({ ...work, records: work.records.slice(0, cut) }, 'RecordAgeExceeded');
    return { ...work, records: work.records.slice(cut) };
  }

  async #discard({ records, invocations, threw }: Work, condition: DiscardCondition): Promise<void> {
    const { functionArn, streamArn, shardId, clock, onDiscard, log } = this.#options;
    const place = { functionArn, streamArn, shardId, now: clock.now() };
    log(`${records.length} records of shard ${shardId} are discarded after ${invocations} invocations: ${condition}`);
    await onDiscard(discardedBatch(records, { condition, invocations, threw }, place));
  }

  #backOff(failures: number): Promise<void> {
    const { clock, settings, signal } = this.#options;
    return clock.sleep(settings.retryBackoffMs * Math.min(2 ** failures, MAX_BACKOFF_FACTOR), signal);
  }
}

function halves(work: Work): readonly Work[] {
  const middle = Math.ceil(work.records.length / 2);
  return [
    { ...work, records: work.records.slice(0, middle) },
    { ...work, records: work.records.slice(middle) },
  ];
}
