/** A limiter: tokens come at `rate` per second up to `depth`, and are spent at no more than `peak` per second. */
export interface BucketLimits {
  readonly rate: number;
  /** At least `rate`. */
  readonly peak: number;
  /** Tokens that a full bucket holds; 0 for a plain limit. */
  readonly depth: number;
}

/** What one interval was like for the work that went through a limiter. */
export interface QueueStep {
  /** Integral of the backlog over the interval: work x seconds. */
  readonly area: number;
  /** Work that still waits at the end. */
  readonly backlog: number;
  /** Rate at which waiting work was served, per second: a delay is backlog over this. */
  readonly service: number;
}

export const plainLimit = (rate: number): BucketLimits => ({ rate, peak: rate, depth: 0 });

/**
 * A token bucket before a work-conserving fluid queue: what comes waits until there are tokens for it, nothing is dropped.
 *
 *   capacity A = peak while tokens last, then rate;  B' = max(0, B + (D - A) dt)
 *
 * The bucket is full at the start. One instance per limiter; `step` in the order of time.
 */
export class TokenBucket {
  #backlog = 0;
  /** Share of the depth that is there. Kept as a share, so that a changed limit changes the credits with it. */
  #fill = 1;

  /** One interval with `demand` per second arriving evenly for `seconds`. */
  step(limits: BucketLimits, demand: number, seconds: number): QueueStep {
    const tokens = this.#fill * limits.depth;
    const allowed = Math.min(limits.peak * seconds, tokens + limits.rate * seconds);
    const service = allowed / seconds;
    const area = fluidArea(this.#backlog, demand - service, seconds);
    const served = Math.min(this.#backlog + demand * seconds, allowed);
    this.#backlog = Math.max(0, this.#backlog + demand * seconds - allowed);
    const left = Math.min(limits.depth, Math.max(0, tokens + limits.rate * seconds - served));
    this.#fill = limits.depth > 0 ? left / limits.depth : 1;
    return { area, backlog: this.#backlog, service };
  }
}

/** Integral of max(0, start + slope t) over an interval, for a queue that stays empty once it is. */
export function fluidArea(start: number, slope: number, seconds: number): number {
  const end = start + slope * seconds;
  if (end >= 0) return ((start + end) / 2) * seconds;
  return (start * start) / (-2 * slope);
}
