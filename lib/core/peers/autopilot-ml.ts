import { MINUTE_MS, type DurationMs } from '../units.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';

const PERIOD: DurationMs = 5 * MINUTE_MS;
/** Candidate limits: even steps of 11.5 % up to a little above the highest sample, over three decades. */
const LIMITS = 64;
const LIMIT_RATIO = 1.115;
/** The ensemble: every decay rate (per period) with every margin. */
const DECAYS: readonly number[] = [0.001, 0.01, 0.05, 0.3];
const MARGINS: readonly number[] = [0.05, 0.1, 0.2, 0.5];
/** The margins in steps of the limits. */
const MARGIN_STEPS = MARGINS.map((margin) => Math.round(Math.log(1 + margin) / Math.log(LIMIT_RATIO)));
/** How fast the cost of a model of the ensemble is forgotten, per period. */
const COST_DECAY = 0.02;
/** Cost of another limit, and of another model, against that of a period with the mean demand idle. */
const LIMIT_CHANGE = 0.05;
const MODEL_CHANGE = 0.05;
/** Cost of a sample above the limit, against that of a sample with the mean demand idle. */
const OVERRUN_WEIGHTS: readonly number[] = [0.5, 1, 3, 10, 30, 100, 300, 1000, 5000, 50_000];

/**
 * Google Autopilot's ensemble of models (Rzadca et al., EuroSys 2020, section 3.2.2). A model is a decay rate d and a margin M: it
 * keeps, for every candidate limit L, the share of samples above it and the capacity left idle below it,
 *
 *   o(L) = (1 - d) o(L) + d * share of samples above L,   u(L) = (1 - d) u(L) + d * mean (L - sample)+ / mean demand,
 *
 * and takes the L with the least w_o o(L) + u(L) + change, times 1 + M. The ensemble takes the model whose limits cost least so
 * far, with a price on changing model or limit. The paper writes u(L) as a count of samples too; then o(L) + u(L) is
 * constant and the highest limit always wins, so idle capacity is used as its text says. Its weights are not
 * published; the one that trades risk, w_o, is the knob.
 */
export const autopilotMl: PeerRule = {
  id: 'autopilot-ml',
  title: 'Autopilot ML, decay x margin',
  knob: 'weight of an overrun',
  settings: OVERRUN_WEIGHTS.map((weight) => weight.toString()),
  decide: (series, out) => {
    const { times, values } = series;
    const n = times.length;
    const periods = new Periods(series);
    const ensembles = OVERRUN_WEIGHTS.map((weight) => new Ensemble(weight, periods.limits));
    for (let i = 0; i < n; i += 1) {
      const isClosed = periods.add(values[i] ?? 0, times[i] ?? 0);
      for (let k = 0; k < ensembles.length; k += 1) {
        const ensemble = ensembles[k];
        if (isClosed) ensemble?.see(periods);
        // Until the first period is over, what was seen of it is all there is.
        out[k * n + i] = ensemble?.limit ?? periods.most;
      }
    }
  },
};

/** What the limits would have cost: in the period that closed last, and faded with each decay rate. */
class Periods {
  readonly limits = new Float64Array(LIMITS);
  readonly overrun = new Float64Array(LIMITS);
  readonly idle = new Float64Array(LIMITS);
  readonly faded = DECAYS.map((): Faded => ({
    overrun: new Float64Array(LIMITS),
    idle: new Float64Array(LIMITS),
    hull: { limits: new Int32Array(LIMITS), size: 0 },
  }));
  readonly #step: DurationMs;
  readonly #sums = { above: new Float64Array(LIMITS), below: new Float64Array(LIMITS), count: 0 };
  #end: number | undefined;
  #demand = 0;
  #seen = 0;
  most = 0;

  constructor({ resolution, step }: PeerSeries) {
    this.#step = step;
    const highest = resolution * 1.05e5;
    for (let j = 0; j < LIMITS; j += 1) this.limits[j] = highest * LIMIT_RATIO ** (j + 1 - LIMITS);
  }

  /** True when the sample closes a period. */
  add(value: number, at: number): boolean {
    const { above, below } = this.#sums;
    this.#end ??= at - this.#step + Math.max(PERIOD, this.#step);
    this.#demand += value;
    this.#seen += 1;
    this.#sums.count += 1;
    this.most = Math.max(this.most, value);
    for (let j = 0; j < LIMITS; j += 1) {
      const room = (this.limits[j] ?? 0) - value;
      if (room < 0) above[j] = (above[j] ?? 0) + 1;
      else below[j] = (below[j] ?? 0) + room;
    }
    if (at < this.#end - this.#step / 2) return false;
    while (this.#end - this.#step / 2 <= at) this.#end += Math.max(PERIOD, this.#step);
    this.#close();
    return true;
  }

  #close(): void {
    const { above, below, count } = this.#sums;
    const mean = this.#demand > 0 ? this.#demand / this.#seen : 1;
    for (let j = 0; j < LIMITS; j += 1) {
      this.overrun[j] = (above[j] ?? 0) / count;
      this.idle[j] = (below[j] ?? 0) / count / mean;
    }
    // The first periods count as a plain mean, so that a slow model does not begin at zero cost.
    const plain = count / this.#seen;
    for (const [d, { overrun, idle, hull }] of this.faded.entries()) {
      const rate = Math.max(DECAYS[d] ?? 1, plain);
      fade(overrun, this.overrun, rate);
      fade(idle, this.idle, rate);
      lowerHull(overrun, idle, hull);
    }
    above.fill(0);
    below.fill(0);
    this.#sums.count = 0;
  }
}

/** The costs of all limits under one decay rate. */
interface Faded {
  readonly overrun: Float64Array;
  readonly idle: Float64Array;
  readonly hull: Hull;
}

function fade(faded: Float64Array, now: Float64Array, rate: number): void {
  for (let j = 0; j < LIMITS; j += 1) faded[j] = (faded[j] ?? 0) + rate * ((now[j] ?? 0) - (faded[j] ?? 0));
}

/** The limits that are cheapest for some weight of an overrun, from the lightest weight to the heaviest. */
interface Hull {
  readonly limits: Int32Array;
  size: number;
}

/**
 * The lower convex hull of the points (o(L), u(L)): a limit off the hull is never the cheapest, whatever the weight, so that all
 * weights share one pass over the limits (Andrew's monotone chain; o falls with L).
 */
function lowerHull(o: Float64Array, u: Float64Array, hull: Hull): void {
  const { limits } = hull;
  let size = 0;
  for (let j = 0; j < LIMITS; j += 1) {
    // A higher limit with the same overrun only leaves more idle.
    if (size > 0 && at(o, limits[size - 1]) === at(o, j)) continue;
    while (size > 1 && !isConvex(o, u, [limits[size - 2], limits[size - 1], j])) size -= 1;
    if (size === 1 && at(u, limits[0]) >= at(u, j)) size = 0;
    limits[size] = j;
    size += 1;
  }
  hull.size = size;
}

const at = (values: Float64Array, i: number | undefined): number => values[i ?? -1] ?? 0;

/** Whether the middle one of three limits is below the line between the others. */
function isConvex(
  o: Float64Array,
  u: Float64Array,
  [a, b, c]: readonly [number | undefined, number | undefined, number],
): boolean {
  const [x, y] = [at(o, c), at(u, c)];
  return (at(o, a) - x) * (at(u, b) - y) < (at(u, a) - y) * (at(o, b) - x);
}

/** All models at one weight of an overrun. */
class Ensemble {
  readonly #weight: number;
  readonly #limits: Float64Array;
  /** By decay rate, the index of its limit without margin. */
  readonly #chosen = new Int32Array(DECAYS.length).fill(-1);
  readonly #costs = new Float64Array(DECAYS.length * MARGINS.length);
  #model = -1;
  limit: number | undefined;

  constructor(weight: number, limits: Float64Array) {
    this.#weight = weight;
    this.#limits = limits;
  }

  see(periods: Periods): void {
    for (let d = 0; d < DECAYS.length; d += 1) {
      const before = this.#chosen[d] ?? -1;
      const now = this.#choose(periods, d);
      this.#chosen[d] = now;
      // A model answers for the limit that it had set before the period.
      if (before < 0) continue;
      const change = now === before ? 0 : LIMIT_CHANGE;
      for (let m = 0; m < MARGINS.length; m += 1) {
        const at = Math.min(LIMITS - 1, before + (MARGIN_STEPS[m] ?? 0));
        const cost = this.#weight * (periods.overrun[at] ?? 0) + (periods.idle[at] ?? 0) + change;
        const model = d * MARGINS.length + m;
        this.#costs[model] = (this.#costs[model] ?? 0) + COST_DECAY * (cost - (this.#costs[model] ?? 0));
      }
    }
    this.#pick();
  }

  /** The cheapest limit for a decay rate; the one it has now stays unless another is cheaper by the price of a change. */
  #choose(periods: Periods, d: number): number {
    const faded = periods.faded[d];
    const last = this.#chosen[d] ?? -1;
    if (faded === undefined) return last;
    const { overrun, idle, hull } = faded;
    const costOf = (limit: number): number => this.#weight * at(overrun, limit) + at(idle, limit);
    let best = hull.limits[0] ?? 0;
    let least = Infinity;
    for (let h = 0; h < hull.size; h += 1) {
      const limit = hull.limits[h] ?? 0;
      const cost = costOf(limit);
      // Along the hull the cost falls and then rises.
      if (cost >= least) break;
      least = cost;
      best = limit;
    }
    return last < 0 || least + LIMIT_CHANGE < costOf(last) ? best : last;
  }

  #pick(): void {
    let best = 0;
    let least = Infinity;
    let limit = 0;
    for (let model = 0; model < this.#costs.length; model += 1) {
      const base = this.#limits[this.#chosen[Math.floor(model / MARGINS.length)] ?? 0] ?? 0;
      const own = base * (1 + (MARGINS[model % MARGINS.length] ?? 0));
      const changes = (model === this.#model ? 0 : MODEL_CHANGE) + (own === this.limit ? 0 : LIMIT_CHANGE);
      const cost = (this.#costs[model] ?? 0) + changes;
      if (cost >= least) continue;
      least = cost;
      best = model;
      limit = own;
    }
    this.#model = best;
    this.limit = limit;
  }
}
