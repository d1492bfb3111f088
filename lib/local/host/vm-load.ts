import type { Allocation, Meter, PerMeter } from '../../core/meter.ts';

/** Meters whose unserved work waits and is done later. Memory does not queue; it swaps. */
export const QUEUEING = ['cpu', 'disk_read', 'disk_write', 'net_rx', 'net_tx'] as const satisfies readonly Meter[];
export type QueueingMeter = (typeof QUEUEING)[number];

/** Sums over an interval for one queueing meter, each in the meter's unit times seconds. */
export interface Served {
  /** Work done. */
  done: number;
  /** Integral of the work waiting: divided by the interval it is the mean queue. */
  waiting: number;
  /** Work given up because the queue was full. */
  lost: number;
  /** Seconds with something waiting. */
  short: number;
  /** Seconds of the meter's capacity that were used. */
  busy: number;
}

/** What a VM did since the last `take`. */
export interface LoadSums {
  /** Recorded seconds. */
  readonly seconds: number;
  readonly served: Readonly<Partial<Record<QueueingMeter, Readonly<Served>>>>;
  /** Integrals of bytes: wanted, and beyond the limit. Undefined when memory is unknown. */
  readonly memory: { readonly wanted: number; readonly beyond: number } | undefined;
}

/**
 * Longest queue, in seconds of the capacity in force. Work beyond it is given up, as clients time out; with it a VM that
 * was short recovers within seconds of getting more, as real ones do.
 */
export const MAX_QUEUE_SECONDS = 3;

/**
 * A work-conserving fluid model of one VM: what fits is done, the rest waits for the next moment.
 *
 *   done    = min(wanted + waiting, limit * dt)
 *   waiting = min(wanted + waiting - done, MAX_QUEUE_SECONDS * limit)
 */
export class VmLoad {
  readonly #queues = new Map<QueueingMeter, number>();
  #sums = emptySums();

  /** Lets `dt` recorded seconds pass with one demand and one set of limits; an absent limit holds nothing back. */
  pass(demand: PerMeter, limits: Allocation, dt: number): void {
    this.#sums.seconds += dt;
    for (const meter of QUEUEING) {
      const wanted = demand[meter];
      if (wanted !== undefined) this.#serve(meter, wanted * dt, (limits[meter] ?? Infinity) * dt, dt);
    }
    if (demand.memory !== undefined) {
      const memory = (this.#sums.memory ??= { wanted: 0, beyond: 0 });
      memory.wanted += demand.memory * dt;
      memory.beyond += Math.max(0, demand.memory - (limits.memory ?? Infinity)) * dt;
    }
  }

  /** The sums since the last call, which then start again; queues stay. */
  take(): LoadSums {
    const sums = this.#sums;
    this.#sums = emptySums();
    return sums;
  }

  #serve(meter: QueueingMeter, wanted: number, room: number, dt: number): void {
    const offered = wanted + (this.#queues.get(meter) ?? 0);
    const done = Math.min(offered, room);
    const unserved = offered - done;
    const queue = Math.min(unserved, (MAX_QUEUE_SECONDS * room) / dt);
    this.#queues.set(meter, queue);
    const served = (this.#sums.served[meter] ??= { done: 0, waiting: 0, lost: 0, short: 0, busy: 0 });
    served.done += done;
    served.waiting += queue * dt;
    served.lost += unserved - queue;
    served.short += queue > 0 ? dt : 0;
    served.busy += Number.isFinite(room) && room > 0 ? (done / room) * dt : 0;
  }
}

function emptySums(): {
  seconds: number;
  served: Partial<Record<QueueingMeter, Served>>;
  memory: { wanted: number; beyond: number } | undefined;
} {
  return { seconds: 0, served: {}, memory: undefined };
}
