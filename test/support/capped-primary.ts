import type { Meter } from '../../lib/core/meter.ts';
import type { DiskUse, Frame } from '../../lib/core/trace/frame.ts';
import { frameOfSample } from '../../lib/core/trace/sample.ts';
import type { DurationMs, EpochMs } from '../../lib/core/units.ts';

/** Longest queue, in samples of the size in force: work that waits longer is given up, as clients time out. */
const MOST_WAITING = 3;
const REQUEST_BYTES = 64 * 1024;

export interface CappedOptions {
  readonly meter: Extract<Meter, 'cpu' | 'disk_write' | 'net_rx'>;
  readonly step: DurationMs;
  /** Work that did not fit waits and is done later; without, it is lost. */
  readonly queues: boolean;
  /** The frames tell how much is waiting (run-queue wait, device queue); without, use and limit only, as a plain CSV. */
  readonly tells: boolean;
}

/**
 * A primary with one meter whose demand is known and whose use never passes the size in force: what a shadow sees of it is
 * its frames.
 */
export class CappedPrimary {
  readonly #options: CappedOptions;
  #waiting = 0;

  constructor(options: CappedOptions) {
    this.#options = options;
  }

  /** What waits now, in the meter's unit times one sample. */
  get waiting(): number {
    return this.#waiting;
  }

  /** One sample of `demand` under a size in force. */
  frame(demand: number, size: number, at: EpochMs): Frame {
    const { meter, step, queues, tells } = this.#options;
    const offered = demand + this.#waiting;
    const use = Math.min(offered, size);
    if (queues) this.#waiting = Math.min(offered - use, MOST_WAITING * size);
    const sample = { time: at, vm: 'capped', use: { [meter]: use }, capacity: { [meter]: size } };
    const frame = frameOfSample(sample, step);
    if (!tells) return frame;
    if (meter === 'cpu') {
      const us = step * 1000;
      const some = this.#waiting > 0 ? us : 0;
      return { ...frame, values: { ...frame.values, cpuWaitUs: this.#waiting * us, cpuSomeUs: some } };
    }
    return { ...frame, disks: frame.disks?.map((disk) => queued(disk, this.#waiting, step)) ?? [] };
  }
}

/** Little's law backwards: requests of one size, as many of them in the queue as hold the waiting bytes. */
function queued(disk: DiskUse, waiting: number, step: DurationMs): DiskUse {
  const bytes = (waiting * step) / 1000;
  return { ...disk, writes: disk.writeBytes / REQUEST_BYTES, queueUs: (bytes / REQUEST_BYTES) * step * 1000 };
}

/** Whether a capped primary can have this meter. */
export const isCappable = (meter: string): meter is CappedOptions['meter'] =>
  ['cpu', 'disk_write', 'net_rx'].includes(meter);
