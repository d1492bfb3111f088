import { HOUR_MS, type DurationMs, type EpochMs } from '../units.ts';

/** One sample with the sizes that were, and would have been, in force for it. */
export interface JudgedSample {
  readonly at: EpochMs;
  readonly demand: number;
  readonly ours: number;
  /** NaN for unknown; 0 is a machine that was off. */
  readonly capacity: number;
}

/** One hour in which demand was above our size, in the meter's unit. */
export interface ShortHour {
  /** Its beginning. */
  readonly at: EpochMs;
  /** Time above the size. */
  readonly seconds: number;
  /** The sample that was furthest above. */
  readonly demand: number;
  readonly ours: number;
  /** The capacity then; absent where the trace does not say. */
  readonly capacity?: number;
  /** Demand above the size: the meter's unit times seconds. */
  readonly amount: number;
  /** The same as a share of the hour's demand. */
  readonly unserved: number;
}

interface Hour {
  short: number;
  over: number;
  demand: number;
  worst: JudgedSample;
}

/** How many hours are kept for a report. */
const KEPT = 5;

/** Finds the hours of one meter in which a size was shortest. */
export class ShortHours {
  readonly #step: DurationMs;
  readonly #hours = new Map<EpochMs, Hour>();

  constructor(step: DurationMs) {
    this.#step = step;
  }

  see(sample: JudgedSample): void {
    const { at, demand, ours } = sample;
    // A row is about the step that ends at its time.
    const begin = Math.floor((at - this.#step) / HOUR_MS) * HOUR_MS;
    let hour = this.#hours.get(begin);
    if (hour === undefined) this.#hours.set(begin, (hour = { short: 0, over: 0, demand: 0, worst: sample }));
    hour.demand += demand;
    if (demand <= ours) return;
    hour.short += 1;
    hour.over += demand - ours;
    if (demand - ours > hour.worst.demand - hour.worst.ours) hour.worst = sample;
  }

  /** The hours with the most demand above the size; none without such demand. */
  worst(): ShortHour[] {
    return [...this.#hours]
      .filter(([, { short }]) => short > 0)
      .map(([at, { short, over, demand, worst }]): ShortHour => ({
        at,
        seconds: (short * this.#step) / 1_000,
        demand: worst.demand,
        ours: worst.ours,
        ...(worst.capacity > 0 && { capacity: worst.capacity }),
        amount: (over * this.#step) / 1_000,
        unserved: over / demand,
      }))
      .sort((left, right) => right.amount - left.amount || left.at - right.at)
      .slice(0, KEPT);
  }
}
