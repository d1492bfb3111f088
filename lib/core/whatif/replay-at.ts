import type { PriceList } from '../score/comparison.ts';
import type { Allocation, Meter } from '../meter.ts';
import type { Frame } from '../trace/frame.ts';
import type { Candidate } from './candidate.ts';
import { intervalOf, type Interval } from './interval.ts';
import { MoneyTotal } from './money.ts';
import type { MissRatioCurve } from './miss-ratio-curve.ts';
import { ResourceReplay } from './resource-replay.ts';
import type { WhatIf, WhatIfStep } from './what-if.ts';

/** What a replay may be told beside the trace. */
export interface WhatIfOptions {
  /** Miss ratio of the page cache by its size. Bounds are given without it. */
  readonly curve?: MissRatioCurve | undefined;
  readonly prices?: PriceList | undefined;
  /** Told about every interval. */
  readonly onStep?: (step: WhatIfStep) => void;
}

/**
 * Replays frames of one primary, in order, at another size, and says what that would have cost in waiting and money. A meter
 * that the size does not name stays at the limit in force, so the size `{}` is the trace as it was.
 *
 * cpu: a work-conserving fluid queue, bursts within an interval by `burstBacklog`. Memory: what has no room; a smaller page
 * cache reads again, which goes to the disk. Disk: token buckets, then an M/G/1-like device. Network: token buckets. Work comes
 * as it was recorded, however long it waits: clients that would have slowed down would have waited less and done less.
 *
 * One pass in constant space. Nothing that is said of an interval depends on later ones.
 */
export function replayAt(candidate: Candidate, frames: Iterable<Frame>, options: WhatIfOptions = {}): WhatIf {
  const replay = new ResourceReplay(candidate, options.curve);
  const money = options.prices === undefined ? undefined : new MoneyTotal(options.prices);
  const capped = new CappedTime();
  let [intervals, seconds] = [0, 0];
  for (const frame of frames) {
    const interval = intervalOf(frame);
    if (interval === undefined) continue;
    intervals += 1;
    seconds += interval.seconds;
    const size: Allocation = { ...interval.inForce, ...candidate.size };
    const step = replay.step(interval, size);
    options.onStep?.(step);
    money?.add(size, interval.inForce, interval.seconds);
    capped.add(interval);
  }
  const spent = money?.summary();
  return {
    candidate,
    intervals,
    seconds,
    ...replay.summary(),
    ...(spent !== undefined && { money: spent }),
    cappedShare: capped.shares(seconds),
  };
}

/** How long each meter was at its limit. */
class CappedTime {
  readonly #seconds: Partial<Record<Meter, number>> = {};

  add({ capped, seconds }: Interval): void {
    for (const meter of capped) this.#seconds[meter] = (this.#seconds[meter] ?? 0) + seconds;
  }

  shares(of: number): WhatIf['cappedShare'] {
    return Object.fromEntries(Object.entries(this.#seconds).map(([meter, seconds]) => [meter, seconds / of]));
  }
}
