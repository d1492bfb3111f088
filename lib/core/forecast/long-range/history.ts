/** Days that the seasonal mean looks back. */
const SEASON_DAYS = 7;
/** Beyond these a number is cut to one of them, or to zero: no machine has them, and their reciprocals overflow. */
const MOST = 1e30;
const LEAST = 1e-30;

/**
 * One meter's past on an even grid of steps, with what the experts need to look up fast: sums of any range, the last
 * known value at any time, and the mean of the same time on the days before. Everything at index t is made from steps
 * before t only, so that a past origin sees what it could have seen then.
 */
export class History {
  /** Mean demand of each step, oldest first; NaN is a hole. */
  readonly values: Float64Array;
  /** Steps in a day. */
  readonly day: number;
  /** `filled[t]`: the last known value at or before step t; the first known one before it. */
  readonly filled: Float64Array;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;
  readonly #sizes = new Map<number, Float64Array>();
  readonly #scale: number;
  #seasons: Float64Array | undefined;

  constructor(values: Float64Array, day: number) {
    // Only what compares as small is zero: NaN stays a hole.
    this.values = values.map((value) => (value < LEAST ? 0 : Math.min(value, MOST)));
    this.day = day;
    const n = values.length;
    this.filled = new Float64Array(n);
    this.#sums = new Float64Array(n + 1);
    this.#counts = new Float64Array(n + 1);
    let last = this.values.find((value) => !Number.isNaN(value)) ?? 0;
    for (let t = 0; t < n; t += 1) {
      const value = this.values[t] ?? Number.NaN;
      const isKnown = !Number.isNaN(value);
      if (isKnown) last = value;
      this.filled[t] = last;
      this.#sums[t + 1] = (this.#sums[t] ?? 0) + (isKnown ? value : 0);
      this.#counts[t + 1] = (this.#counts[t] ?? 0) + (isKnown ? 1 : 0);
    }
    const unit = this.mean(0, n);
    this.#scale = unit > 0 ? 10 / unit : 0;
  }

  /** Number of steps. */
  get length(): number {
    return this.values.length;
  }

  /** Known steps in [from, to). */
  known(from: number, to: number): number {
    return (this.#counts[this.#clamp(to)] ?? 0) - (this.#counts[this.#clamp(from)] ?? 0);
  }

  /** Mean of the known steps in [from, to); NaN without any. */
  mean(from: number, to: number): number {
    const low = this.#clamp(from);
    const high = this.#clamp(to);
    const count = (this.#counts[high] ?? 0) - (this.#counts[low] ?? 0);
    return count > 0 ? ((this.#sums[high] ?? 0) - (this.#sums[low] ?? 0)) / count : Number.NaN;
  }

  /** Mean of the `width` steps before `now`; the last known value when all are holes. */
  level(now: number, width: number): number {
    const mean = this.mean(now - width, now);
    return Number.isNaN(mean) ? (this.filled[Math.max(0, now - 1)] ?? 0) : mean;
  }

  /** Mean around the same time on the seven days before step `t`, or before its latest copy known at `now`; NaN without any. */
  season(t: number, now: number): number {
    this.#seasons ??= this.#findSeasons();
    const back = Math.max(0, Math.ceil((t + 2 - now - this.day) / this.day));
    return this.#seasons[t - back * this.day] ?? Number.NaN;
  }

  /** Sizes of all levels of a width: `sizes(w)[t]` is log(1 + 10 * level(t, w) / unit), unit being the mean of everything. */
  sizes(width: number): Float64Array {
    let sizes = this.#sizes.get(width);
    if (sizes === undefined) {
      sizes = new Float64Array(this.length + 1);
      for (let t = 0; t <= this.length; t += 1) sizes[t] = Math.log1p(this.level(t, width) * this.#scale);
      this.#sizes.set(width, sizes);
    }
    return sizes;
  }

  #findSeasons(): Float64Array {
    const seasons = new Float64Array(this.length + this.day).fill(Number.NaN);
    for (let t = this.day - 1; t < seasons.length; t += 1) {
      let sum = 0;
      let days = 0;
      for (let d = 1; d <= SEASON_DAYS && t - d * this.day >= -1; d += 1) {
        const mean = this.mean(t - d * this.day - 1, t - d * this.day + 2);
        if (Number.isNaN(mean)) continue;
        sum += mean;
        days += 1;
      }
      if (days > 0) seasons[t] = sum / days;
    }
    return seasons;
  }

  #clamp(t: number): number {
    return Math.min(this.values.length, Math.max(0, t));
  }
}
