import type { History } from './history.ts';

/** No search goes further back than this: four weeks at five minutes, twice over. */
const MOST_CANDIDATES = 16_128;
/** The steps next to now are not looked at: their outcomes are not known yet. */
const LEAST_AHEAD = 12;

/** What makes two moments alike. Distances are of sizes (`History.size`): a factor counts the same at any level. */
export interface AnalogOptions {
  /** How many days back moments are looked for. */
  readonly days: number;
  /** How many of the nearest are taken. */
  readonly count: number;
  /** Widths in steps of the means before the moment, each counting `1`. */
  readonly widths: readonly number[];
  /** How many means of `pace` steps are compared one by one, going back from the moment, and what they count together. */
  readonly lags: number;
  readonly pace: number;
  readonly lagWeight: number;
  /** What half a day of difference in the time of day counts. */
  readonly phaseWeight: number;
}

/** Moments t, each meaning "the steps before t", nearest first. */
export interface Analogs {
  readonly moments: Int32Array;
  /** Their mean distance; 0 without any. */
  readonly distance: number;
}

/**
 * The moments of the past that were most like the one before `now`. The search gives a candidate up as soon as it is further away than the worst of those found so far.
 */
export function analogsOf(history: History, now: number, options: AnalogOptions): Analogs {
  const { days, count, lags, pace } = options;
  const first = Math.max(lags * pace + 1, now - Math.min(MOST_CANDIDATES, days * history.day));
  const found = new Nearest(count);
  const apart = distanceFrom(history, now, options);
  for (let t = now - LEAST_AHEAD; t >= first; t -= 1) {
    const distance = apart(t, found.limit);
    if (distance < found.limit) found.add(distance, t);
  }
  return found.analogs();
}

/** The distance of a moment from `now`; any number from `limit` up when it is not below. */
function distanceFrom(
  history: History,
  now: number,
  { widths, lags, pace, lagWeight, phaseWeight }: AnalogOptions,
): (t: number, limit: number) => number {
  const { day } = history;
  const sizes = history.sizes(pace);
  const means = widths.map((width) => history.sizes(width));
  const targets = means.map((own) => own[now] ?? 0);
  const perLag = lags > 0 ? lagWeight / lags : 0;
  const reach = lags * pace;
  const perStep = (2 * phaseWeight) / day;
  return (t, limit) => {
    const apart = (now - t) % day;
    let distance = perStep * Math.min(apart, day - apart);
    for (let w = 0; w < means.length && distance < limit; w += 1)
      distance += Math.abs((means[w]?.[t] ?? 0) - (targets[w] ?? 0));
    for (let lag = 0; lag < reach && distance < limit; lag += pace)
      distance += perLag * Math.abs((sizes[t - lag] ?? 0) - (sizes[now - lag] ?? 0));
    return distance;
  };
}

/** The `count` nearest moments, sorted by distance. */
class Nearest {
  readonly #distances: Float64Array;
  readonly #moments: Int32Array;
  #size = 0;
  /** What is this far away or further does not get in. */
  limit = Infinity;

  constructor(count: number) {
    this.#distances = new Float64Array(count);
    this.#moments = new Int32Array(count);
  }

  add(distance: number, moment: number): void {
    const distances = this.#distances;
    let at = this.#size < distances.length ? this.#size : distances.length - 1;
    for (; at > 0 && (distances[at - 1] ?? 0) > distance; at -= 1) {
      distances[at] = distances[at - 1] ?? 0;
      this.#moments[at] = this.#moments[at - 1] ?? 0;
    }
    distances[at] = distance;
    this.#moments[at] = moment;
    this.#size = Math.min(distances.length, this.#size + 1);
    if (this.#size === distances.length) this.limit = distances[this.#size - 1] ?? Infinity;
  }

  analogs(): Analogs {
    const distances = this.#distances.subarray(0, this.#size);
    const sum = distances.reduce((total, distance) => total + distance, 0);
    return { moments: this.#moments.subarray(0, this.#size), distance: sum / Math.max(1, this.#size) };
  }
}
