import type { DurationMs, EpochMs } from '../units.ts';

/** Puts samples together by period, counted from the first sample's beginning: `peak` and `mean` of the period that closed last. */
export class SampleWindow {
  readonly #period: DurationMs;
  readonly #step: DurationMs;
  #end: EpochMs | undefined;
  #sum = 0;
  #count = 0;
  #most = 0;
  peak = 0;
  mean = 0;

  /** `step` is the time that one sample stands for; a period shorter than it is one sample. */
  constructor(period: DurationMs, step: DurationMs) {
    this.#period = Math.max(period, step);
    this.#step = step;
  }

  /** Highest value of the period that is open. */
  get most(): number {
    return this.#most;
  }

  /** Takes a sample; true when it closes a period. Periods without a sample are passed over. */
  add(value: number, at: EpochMs): boolean {
    this.#end ??= at - this.#step + this.#period;
    this.#sum += value;
    this.#count += 1;
    this.#most = Math.max(this.#most, value);
    // A sample a little early ends the period that it stands for.
    if (at < this.#end - this.#step / 2) return false;
    this.peak = this.#most;
    this.mean = this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    this.#most = 0;
    while (this.#end - this.#step / 2 <= at) this.#end += this.#period;
    return true;
  }
}
