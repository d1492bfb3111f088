import type { KnownSamples } from './known-samples.ts';

/** Candidate capacities of the offline optimum: percentiles of the VM's own demand, denser towards the peak. */
const LEVELS: readonly number[] = [
  ...Array.from({ length: 24 }, (_, i) => i / 24),
  ...[0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9965, 0.998, 0.999, 0.9995, 1],
];
/** Price of a sample above the capacity, against that of a sample with the mean demand idle. */
const VIOLATION_PRICES: readonly number[] = [0.5, 1, 2, 4, 8, 16, 32, 64, 1000];
/** Price of a change, on the same scale, for a window of one sample. */
const CHANGE_PRICE = 1;

/** A bound on what sizing can do. Sizes are by sample: `sizes[k * n + i]` is in force at sample i. */
export interface OracleRule {
  readonly id: string;
  readonly title: string;
  readonly knob: string;
  readonly settings: readonly string[];
  readonly sizes: (samples: KnownSamples) => Float64Array;
}

/**
 * A perfect forecast for the same lead and hold: the size in force is the highest demand of the very window in which it is in
 * force. Where a window is one sample there is neither slack nor violation.
 */
export const clairvoyant: OracleRule = {
  id: 'clairvoyant',
  title: 'perfect forecast at the same lead',
  knob: 'none',
  settings: ['perfect'],
  sizes: (samples) => {
    const sizes = new Float64Array(samples.demand.length).fill(Number.NaN);
    for (const { first, end } of windowsOf(samples)) {
      let most = 0;
      for (let i = first; i < end; i += 1) most = Math.max(most, samples.demand[i] ?? 0);
      sizes.fill(most, first, end);
    }
    return sizes;
  },
};

/**
 * The cheapest sequence of capacities in hindsight, when a change has a price, by dynamic programming over windows and candidate
 * capacities:
 *
 *   cost = sum A + mean demand * (price of a violation * violations + price of a change * samples of a window * changes)
 *
 * It bounds what is possible at a violation rate with few changes (to the grid of 35 capacities).
 */
export const offlineOptimum: OracleRule = {
  id: 'offline-optimum',
  title: 'offline optimum (dynamic programming)',
  knob: 'price of a violation',
  settings: VIOLATION_PRICES.map((price) => price.toString()),
  sizes: (samples) => {
    const n = samples.demand.length;
    const sizes = new Float64Array(n * VIOLATION_PRICES.length).fill(Number.NaN);
    const windows = windowsOf(samples).filter(({ end }) => end > samples.from);
    const capacities = candidates(samples);
    const mean = meanOf(samples);
    for (const [k, price] of VIOLATION_PRICES.entries()) {
      const chosen = cheapest(samples, { windows, capacities, violation: price * mean, change: CHANGE_PRICE * mean });
      for (const [w, { first, end }] of windows.entries()) {
        sizes.fill(capacities[chosen[w] ?? 0] ?? 0, k * n + first, k * n + end);
      }
    }
    return sizes;
  },
};

export const ORACLES: readonly OracleRule[] = [clairvoyant, offlineOptimum];

/** Samples `first` to `end - 1` have the same decision in force. */
interface Window {
  readonly first: number;
  readonly end: number;
}

function windowsOf({ row }: KnownSamples): Window[] {
  const windows: Window[] = [];
  let first = 0;
  for (let i = 1; i <= row.length; i += 1) {
    if (i < row.length && row[i] === row[first]) continue;
    if ((row[first] ?? -1) >= 0) windows.push({ first, end: i });
    first = i;
  }
  return windows;
}

function candidates({ demand, from }: KnownSamples): Float64Array {
  const sorted = demand.slice(from).sort();
  const last = sorted.length - 1;
  return Float64Array.from(new Set(LEVELS.map((level) => sorted[Math.ceil(level * last)] ?? 0)));
}

function meanOf({ demand, from }: KnownSamples): number {
  const scored = demand.subarray(from);
  return scored.reduce((sum, value) => sum + value, 0) / Math.max(1, scored.length);
}

interface Prices {
  readonly windows: readonly Window[];
  readonly capacities: Float64Array;
  readonly violation: number;
  readonly change: number;
}

/** By window the index of its capacity, on the cheapest path through all of them. */
function cheapest(samples: KnownSamples, prices: Prices): Uint8Array {
  const { windows, capacities, change } = prices;
  const c = capacities.length;
  // cameFrom[w * c + a]: the capacity before a in window w, on the cheapest path that ends there.
  const cameFrom = new Uint8Array(windows.length * c);
  const costs = new Float64Array(c);
  let best = 0;
  for (const [w, window] of windows.entries()) {
    const from = best;
    const switched = at(costs, best) + (w === 0 ? Infinity : change * (window.end - window.first));
    best = 0;
    for (let a = 0; a < c; a += 1) {
      const stays = at(costs, a) <= switched;
      cameFrom[w * c + a] = stays ? a : from;
      costs[a] = (stays ? at(costs, a) : switched) + ownCost(samples, window, at(capacities, a), prices.violation);
      if (at(costs, a) < at(costs, best)) best = a;
    }
  }
  return backFrom(best, cameFrom, { windows: windows.length, c });
}

/** What a capacity costs in a window by itself. */
function ownCost({ demand }: KnownSamples, { first, end }: Window, capacity: number, violation: number): number {
  let cost = capacity * (end - first);
  for (let i = first; i < end; i += 1) if (at(demand, i) > capacity * (1 + 1e-9)) cost += violation;
  return cost;
}

/** Follows the cheapest path back from where it ends. */
function backFrom(end: number, cameFrom: Uint8Array, { windows, c }: { windows: number; c: number }): Uint8Array {
  const chosen = new Uint8Array(windows);
  for (let w = windows - 1, a = end; w >= 0; w -= 1) {
    chosen[w] = a;
    a = cameFrom[w * c + a] ?? a;
  }
  return chosen;
}

const at = (values: Float64Array, i: number): number => values[i] ?? 0;
