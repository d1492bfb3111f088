import { messageOf } from '../lib/core/fault.ts';
import type { Frame, LifecycleEvent, Primary } from '../lib/core/trace/frame.ts';
import type { DurationMs, HostId } from '../lib/core/units.ts';
import type { Clock } from '../lib/ports/clock.ts';
import type { FrameSource } from './frame-source.ts';
import type { Log } from './log.ts';
import type { BatchContent } from './spool.ts';

/** Where batches go: the spool, or a file. */
export interface BatchSink {
  append: (content: BatchContent) => number | Promise<number>;
}

export interface LoopOptions {
  readonly host: HostId;
  readonly source: FrameSource;
  readonly sink: BatchSink;
  readonly clock: Clock;
  readonly monotonicNow: () => DurationMs;
  readonly interval: DurationMs;
  /** How long frames are gathered into one batch; at most `interval`: one batch for each tick. */
  readonly batchEvery: DurationMs;
  readonly log: Log;
}

/** What the loop has done since it was started. */
export interface LoopState {
  readonly ticks: number;
  /** Ticks that were left out because the one before took too long or the machine stood still. */
  readonly skipped: number;
  readonly frames: number;
  readonly batches: number;
  /** Readings that failed as a whole. */
  readonly failures: number;
  /** Frames of batches that the sink refused. */
  readonly lostFrames: number;
}

/**
 * Reads the source at the beginning and then at start + 1, 2, 3 ... intervals by a clock that is never set, so that ticks
 * do not drift. A tick that is a whole interval late is left out, together with those it covers, and said; the next frame
 * then covers the longer time.
 */
export function createLoop(options: LoopOptions): {
  /** Until the signal aborts; what was gathered by then is given to the sink. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly state: () => LoopState;
} {
  const { host, source, sink, clock, monotonicNow, interval, batchEvery, log } = options;
  const state = { ticks: 0, skipped: 0, frames: 0, batches: 0, failures: 0, lostFrames: 0 };
  let gathered = emptyBatch();
  let gatheredSince: DurationMs = 0;

  const emit = async () => {
    const { frames, primaries, events } = gathered;
    if (frames.length + primaries.length + events.length === 0) return;
    gathered = emptyBatch();
    try {
      await sink.append({
        host,
        frames,
        ...(primaries.length === 0 ? {} : { primaries }),
        ...(events.length === 0 ? {} : { events }),
      });
      state.batches += 1;
    } catch (error) {
      state.lostFrames += frames.length;
      log.error('batch-lost', { because: messageOf(error), frames: frames.length });
    }
  };

  const tick = async () => {
    state.ticks += 1;
    try {
      const { frames, primaries, events } = await source.read();
      gathered.frames.push(...frames);
      gathered.primaries.push(...primaries);
      gathered.events.push(...events);
      state.frames += frames.length;
    } catch (error) {
      state.failures += 1;
      log.error('reading-failed', { because: messageOf(error) });
    }
  };

  return {
    run: async (signal) => {
      const start = monotonicNow();
      await tick();
      gatheredSince = start;
      const goesOn = async (due: DurationMs) => {
        await clock.sleep(Math.max(0, due - monotonicNow()), signal);
        return !signal.aborted;
      };
      for (let due = start + interval; await goesOn(due); due += interval) {
        const missed = Math.floor((monotonicNow() - due) / interval);
        if (missed > 0) {
          state.skipped += missed;
          due += missed * interval;
          log.warn('ticks-skipped', { ticks: missed, intervalMs: interval });
        }
        await tick();
        // half an interval of tolerance: a timer that fires early must not put a batch off by a whole tick
        if (monotonicNow() - gatheredSince >= batchEvery - interval / 2) {
          await emit();
          gatheredSince = monotonicNow();
        }
      }
      await emit();
    },
    state: () => ({ ...state }),
  };
}

function emptyBatch(): { frames: Frame[]; primaries: Primary[]; events: LifecycleEvent[] } {
  return { frames: [], primaries: [], events: [] };
}
