/** Waiting of everything that came to one limited thing, over a replay. */
export interface Waiting {
  /**
   * Seconds that work waited on average, what is left at the end of the trace included, as if the queue were served on. By
   * Little's law that is the integral of the backlog over the work that came, where nothing is left.
   */
  readonly meanSeconds: number;
  /** 99 of 100 units of work waited at most this long (bins of 5 %). */
  readonly p99Seconds: number;
  /** Minutes in which more came than the size gives. */
  readonly violationMinutes: number;
  /** Minutes at whose end work was left over. */
  readonly backlogMinutes: number;
  /** Work that was never served: what is left at the end of the trace, as a share of all work. */
  readonly unservedShare: number;
}

/** One interval's part in a `Waiting`. Work is in the meter's own unit times seconds. */
export interface WaitingStep {
  readonly seconds: number;
  /** Work that came. */
  readonly work: number;
  /** Seconds that it waits, on average. */
  readonly delay: number;
  /** What waits at the end, without what is only waiting because it came in bursts. */
  readonly backlog: number;
  readonly isViolation: boolean;
}

/** Delays are binned evenly in their logarithm, from 10 microseconds to about 30 years. */
const LEAST_DELAY = 1e-5;
const GROWTH = 1.05;
const BINS = 660;

/** Sums up the intervals of a replay in constant space. */
export class WaitingTotal {
  #work = 0;
  #delayed = 0;
  #violation = 0;
  #backlogged = 0;
  #left = 0;
  /** Work by delay; bin 0 is work that waited less than `LEAST_DELAY`. */
  readonly #workByDelay = new Float64Array(BINS);

  add({ seconds, work, delay, backlog, isViolation }: WaitingStep): void {
    this.#work += work;
    this.#delayed += work * delay;
    this.#violation += isViolation ? seconds : 0;
    this.#backlogged += backlog > 0 ? seconds : 0;
    this.#left = backlog;
    const bin = delay < LEAST_DELAY ? 0 : 1 + Math.floor(Math.log(delay / LEAST_DELAY) / Math.log(GROWTH));
    const at = Math.min(BINS - 1, bin);
    this.#workByDelay[at] = (this.#workByDelay[at] ?? 0) + work;
  }

  /** All zero for a trace in which nothing came. */
  summary(): Waiting {
    return {
      meanSeconds: this.#work > 0 ? this.#delayed / this.#work : 0,
      p99Seconds: this.#quantile(0.99),
      violationMinutes: this.#violation / 60,
      backlogMinutes: this.#backlogged / 60,
      unservedShare: this.#work > 0 ? Math.min(1, this.#left / this.#work) : 0,
    };
  }

  /** The upper edge of the bin in which the share is reached. */
  #quantile(share: number): number {
    const goal = share * this.#work;
    let sum = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      sum += this.#workByDelay[bin] ?? 0;
      if (sum >= goal) return bin === 0 ? 0 : LEAST_DELAY * GROWTH ** bin;
    }
    return LEAST_DELAY * GROWTH ** BINS;
  }
}
