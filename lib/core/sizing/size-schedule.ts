import type { Horizon } from '../forecast/forecast.ts';
import type { EpochMs } from '../units.ts';

/** A size that was asked for, and the time of the newest sample behind it. */
interface Asked<Size> {
  readonly at: EpochMs;
  readonly size: Size;
}

/**
 * Which size is in force when: one asked for at time t can be in force from t + lead on, and what is in force stays for
 * `hold`. The backtest's stand-in for actuators; the newest size that can be in force wins.
 */
export class SizeSchedule<Size> {
  readonly #horizon: Horizon;
  #waiting: Asked<Size>[] = [];
  #inForce: Size | undefined;
  #changedAt: EpochMs = -Infinity;

  constructor(horizon: Horizon) {
    this.#horizon = horizon;
  }

  /** Asks for a size; times rise. */
  ask(at: EpochMs, size: Size): void {
    this.#waiting.push({ at, size });
  }

  /** The size in force at a time (times rise), undefined while there is none. */
  inForceAt(now: EpochMs): Size | undefined {
    const { lead, hold } = this.#horizon;
    const ready = this.#waiting.findLastIndex(({ at }) => at <= now - lead);
    const newest = this.#waiting[ready];
    if (newest === undefined) return this.#inForce;
    // What is ready but older can never be in force any more; the newest waits for the end of the hold time.
    const due = now - this.#changedAt >= hold;
    this.#waiting = this.#waiting.slice(due ? ready + 1 : ready);
    if (due) {
      this.#inForce = newest.size;
      this.#changedAt = now;
    }
    return this.#inForce;
  }
}
