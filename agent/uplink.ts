import { messageOf } from '../lib/core/fault.ts';
import type { DurationMs, EpochMs } from '../lib/core/units.ts';
import type { Clock } from '../lib/ports/clock.ts';
import type { TraceStream } from '../lib/ports/trace-stream.ts';
import type { Log } from './log.ts';
import type { Spool } from './spool.ts';
import type { SpooledRecord } from './spool-segment.ts';

/** What the uplink has done since it was made. */
export interface UplinkState {
  /** Calls to the stream, failed ones included. */
  readonly calls: number;
  /** Records that the stream took. */
  readonly sent: number;
  /** Records that a call brought and the stream refused; they were sent again. */
  readonly refused: number;
  /** Why nothing goes out at the moment; undefined while it does. */
  readonly down: string | undefined;
}

/** Moves batches from the spool to the stream. */
export interface Uplink {
  /** Sends what waits and what comes, until the signal aborts. A call under way is waited for. Never throws. */
  run: (signal: AbortSignal) => Promise<void>;
  /** Sends what waits until nothing does or the deadline has come; says whether nothing waits any more. After `run`. */
  flush: (deadline: EpochMs) => Promise<boolean>;
  state: () => UplinkState;
}

export interface UplinkOptions {
  readonly spool: Spool;
  readonly stream: TraceStream;
  readonly clock: Clock;
  /** From 0 to 1, 1 not included. */
  readonly random: () => number;
  readonly log: Log;
}

/**
 * Limits of one PutRecords call. Kinesis takes 500 records and 10 MiB with partition keys (5 MiB before 2025, which its
 * emulators keep to), and 1 MB per shard and second in any case, so larger calls gain nothing.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
const CALL_LIMITS = { records: 500, bytes: 4 * 1024 * 1024 };
const FIRST_PAUSE: DurationMs = 100;
/** After an outage the first call comes at most this late. */
const LONGEST_PAUSE: DurationMs = 5_000;

/**
 * Sends in order; of a call that succeeds in part only the refused records are sent again, before any newer one. Waits
 * between failed attempts for a random share of 100 ms, 200 ms, 400 ms ... 5 s ("full jitter",
 * https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/), so that hosts that lost the stream
 * together do not come back together.
 */
export function createUplink({ spool, stream, clock, random, log }: UplinkOptions): Uplink {
  const state = { calls: 0, sent: 0, refused: 0, down: undefined as string | undefined };
  let failures = 0;

  const sendOnce = async (): Promise<void> => {
    const records = spool.peek(CALL_LIMITS);
    if (records.length === 0) return;
    state.calls += 1;
    try {
      const accepted = await stream.put(records);
      settle(records, accepted);
    } catch (error) {
      failures += 1;
      if (state.down === undefined) log.warn('uplink-down', { because: messageOf(error) });
      state.down = messageOf(error);
    }
  };

  const settle = (records: readonly SpooledRecord[], accepted: readonly boolean[]): void => {
    const taken = records.filter((_, index) => accepted[index] === true);
    spool.taken(taken);
    state.sent += taken.length;
    state.refused += records.length - taken.length;
    failures = taken.length === records.length ? 0 : failures + 1;
    if (state.down !== undefined) log.info('uplink-up', { pending: spool.state().pending.batches });
    state.down = undefined;
  };

  const pause = (): DurationMs =>
    failures === 0 ? 0 : Math.ceil(random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 10)));

  return {
    run: async (signal) => {
      const goesOn = async () => {
        await spool.whenPending(signal);
        return !signal.aborted;
      };
      while (await goesOn()) {
        await sendOnce();
        if (failures > 0) await clock.sleep(pause(), signal);
      }
    },
    flush: async (deadline) => {
      while (spool.peek({ records: 1, bytes: 0 }).length > 0) {
        if (clock.now() >= deadline) return false;
        await sendOnce();
        if (failures > 0) await clock.sleep(Math.min(pause(), Math.max(0, deadline - clock.now())));
      }
      return true;
    },
    state: () => ({ ...state }),
  };
}
