import type { DurationMs } from '../core/units.ts';

/** The newest latencies and their quantiles. */
export interface Latencies {
  add: (latency: DurationMs) => void;
  /** Nearest-rank quantiles, exact over what is kept; empty while nothing was added. */
  quantiles: () => { readonly p50Ms?: DurationMs; readonly p99Ms?: DurationMs };
}

/** Keeps the newest `size` latencies: hours of resizes of a local fleet, at 64 KB. */
export function createLatencies(size = 8_192): Latencies {
  const kept: number[] = [];
  let next = 0;
  return {
    add: (latency) => {
      kept[next] = latency;
      next = (next + 1) % size;
    },
    quantiles: () => {
      if (kept.length === 0) return {};
      const sorted = kept.toSorted((a, b) => a - b);
      const at = (level: number): number => sorted[Math.max(0, Math.ceil(level * sorted.length) - 1)] ?? 0;
      return { p50Ms: at(0.5), p99Ms: at(0.99) };
    },
  };
}
