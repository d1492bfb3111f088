import type { VmTraits } from './comparison.ts';
import type { KnownSamples } from './known-samples.ts';

/** Demand above this multiple of the VM's mean is a burst. */
const BURST = 4;
/** A level is another one when it is off the one before by this factor. */
const SHIFT = 2;
const LEVELS_LEAST = 10;
const DAY_MS = 86_400_000;

/**
 * Measures what can make a VM hard to size. `rows` are all rows of its trace; `sizes` are ours, by sample, NaN for none
 * (for the share of their cost that falls into the beginning).
 */
export function vmTraits(samples: KnownSamples, rows: number, sizes: Float64Array): VmTraits {
  const scored = samples.demand.subarray(samples.from);
  const total = sum(scored);
  const burst = BURST * (total / Math.max(1, scored.length));
  return {
    burstShare: total > 0 ? sum(scored.filter((value) => value > burst)) / total : 0,
    levelShifts: levelShifts(samples),
    holes: 1 - samples.demand.length / rows,
    coldStart: coldStart(scored, sizes.subarray(samples.from)),
    zeros: scored.filter((value) => value === 0).length / Math.max(1, scored.length),
  };
}

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);

/** Changes between the medians of days, or of tenths when the trace is shorter than ten days, that the next one confirms. */
function levelShifts({ demand, from, step }: KnownSamples): number {
  const scored = demand.subarray(from);
  const piece = Math.max(1, Math.min(Math.round(DAY_MS / step), Math.floor(scored.length / LEVELS_LEAST)));
  const medians: number[] = [];
  for (let at = 0; at + piece <= scored.length; at += piece) {
    medians.push(scored.slice(at, at + piece).sort()[piece >> 1] ?? 0);
  }
  return medians.filter((now, i) => {
    const [before, next] = [medians[i - 1], medians[i + 1]];
    return before !== undefined && next !== undefined && isLasting(before, now, next);
  }).length;
}

function isLasting(before: number, now: number, next: number): boolean {
  const isUp = now > 0 && Math.min(now, next) >= SHIFT * before;
  const isDown = before > 0 && before >= SHIFT * Math.max(now, next);
  return isUp || isDown;
}

/** The first tenth's share of |A - D|. */
function coldStart(demand: Float64Array, sizes: Float64Array): number {
  let [early, all] = [0, 0];
  for (let i = 0; i < demand.length; i += 1) {
    const size = sizes[i] ?? Number.NaN;
    if (Number.isNaN(size)) continue;
    const off = Math.abs(size - (demand[i] ?? 0));
    all += off;
    if (i < demand.length / 10) early += off;
  }
  return all > 0 ? early / all : 0;
}
