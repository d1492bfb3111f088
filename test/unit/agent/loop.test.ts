import { createLoop } from '../../../agent/loop.ts';
import type { FrameSource } from '../../../agent/frame-source.ts';
import type { BatchContent } from '../../../agent/spool.ts';
import { aFrame } from '../../support/builders.ts';
import { keptLog } from '../../support/log-lines.ts';
import { steppingClock } from '../../support/stepping-clock.ts';

/** A loop over a source whose readings take the given times, stopped after as many; the last time goes on for ever. */
function aLoop(readingTakes: readonly number[], parts: { batchEvery?: number; append?: () => never } = {}) {
  const clock = steppingClock(0);
  const stop = new AbortController();
  const readAt: number[] = [];
  const batches: BatchContent[] = [];
  const log = keptLog();
  const source: FrameSource = {
    read: () => {
      readAt.push(clock.now());
      clock.advance(readingTakes[readAt.length - 1] ?? 0);
      if (readAt.length >= readingTakes.length) stop.abort();
      const frames = readAt.length === 1 ? [] : [aFrame({ at: readAt.at(-1)! })];
      return Promise.resolve({ frames, primaries: [], events: [] });
    },
    reports: () => [],
    close: () => undefined,
  };
  const append = parts.append ?? ((content: BatchContent) => batches.push(content));
  const loop = createLoop({
    host: 'kvm1',
    source,
    sink: { append },
    clock,
    monotonicNow: () => Number(clock.now()),
    interval: 1_000,
    batchEvery: parts.batchEvery ?? 1_000,
    log,
  });
  return { loop, readAt, batches, log, run: () => loop.run(stop.signal), source };
}

describe('loop', () => {
  it('ticks at whole intervals from its start, however long a reading takes', async () => {
    const { readAt, run, batches } = aLoop([10, 300, 20, 700, 5]);

    await run();

    expect(readAt).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(batches.map(({ frames }) => frames.length)).toEqual([1, 1, 1, 1]);
  });

  it('leaves out the ticks that a long reading has covered, counts them and says so', async () => {
    const { readAt, run, loop, log } = aLoop([0, 3_400, 0, 0]);

    await run();

    expect(readAt).toEqual([0, 1_000, 4_400, 5_000]);
    expect(loop.state()).toMatchObject({ ticks: 4, skipped: 2, frames: 3 });
    expect(log.lines).toEqual([{ event: 'ticks-skipped', facts: { ticks: 2, intervalMs: 1_000 } }]);
  });

  it('gathers frames into batches, and gives the last ones away when it is stopped', async () => {
    const { run, batches } = aLoop(
      Array.from({ length: 9 }, () => 0),
      { batchEvery: 3_000 },
    );

    await run();

    expect(batches.map(({ frames }) => frames.length)).toEqual([3, 3, 2]);
  });

  it('goes on after a reading that fails', async () => {
    const { run, loop, log, source } = aLoop([0, 0, 0, 0]);
    const read = source.read;
    let calls = 0;
    source.read = async () => {
      const reading = await read();
      calls += 1;
      if (calls === 2) throw new Error('no such thing');
      return reading;
    };

    await run();

    expect(loop.state()).toMatchObject({ ticks: 4, failures: 1, frames: 2 });
    expect(log.events).toEqual(['reading-failed']);
  });

  it('counts the frames of a batch that its sink refuses', async () => {
    const refuse = () => {
      throw new Error('disk full');
    };
    const { run, loop, log } = aLoop([0, 0, 0], { append: refuse });

    await run();

    expect(loop.state()).toMatchObject({ lostFrames: 2, batches: 0 });
    expect(log.events).toEqual(['batch-lost', 'batch-lost']);
  });
});
