import type { Meter } from '../meter.ts';
import { PEER_RULES } from '../peers/peer-rules.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import type { VmChart } from './comparison.ts';
import { nearestRisk, peerSeries, type CompareTerms } from './compare-vm.ts';
import { decisionsInForce, knownSamples } from './known-samples.ts';
import { ourSizes } from './our-sizes.ts';

/** Slices of time of a chart, each with its lowest and its highest values. */
const SLICES = 240;

/** What to draw: a VM's meter beside one peer at one of its settings. */
export interface ChartOrder {
  readonly meter: Meter;
  readonly why: VmChart['why'];
  readonly bestPeer: string;
  /** Index of the peer's setting. */
  readonly setting: number;
}

/** Replays one VM for its chart; undefined when it has nothing to draw. */
export function vmChart(series: UseSeries, terms: CompareTerms, order: ChartOrder): VmChart | undefined {
  const { meter, why, bestPeer, setting } = order;
  const rows = series.times.length;
  const scoredFrom = (series.times[0] ?? 0) + terms.warmUp;
  const inForce = decisionsInForce(series.times, terms.horizon);
  const samples = knownSamples(series, meter, { inForce, scoredFrom });
  const rule = PEER_RULES.find(({ id }) => id === bestPeer);
  if (samples === undefined || rule === undefined) return undefined;
  const only = { ...series, meters: { [meter]: series.meters[meter] } } as UseSeries;
  const [ours] = ourSizes([only], terms.horizon, terms);
  if (ours === undefined) return undefined;
  const n = samples.demand.length;
  const peerSizes = new Float64Array(n * rule.settings.length);
  rule.decide(peerSeries(samples, meter, terms), peerSizes);
  const own =
    (column: Float64Array | undefined, k: number) =>
    (i: number): number => {
      const row = samples.row[i] ?? -1;
      return row < 0 ? Number.NaN : (column?.[k * rows + row] ?? Number.NaN);
    };
  const peer = (i: number): number => {
    const seen = samples.seen[i] ?? -1;
    return seen < 0 ? Number.NaN : (peerSizes[setting * n + seen] ?? Number.NaN);
  };
  const slices = slicesOf(samples.from, n);
  const column = (value: (i: number) => number): (number | null)[] => extremes(slices, value);
  return {
    vm: series.vm,
    why,
    bestPeer,
    times: slices.flatMap(({ first }) => [samples.times[first] ?? 0, samples.times[first] ?? 0]),
    demand: column((i) => samples.demand[i] ?? Number.NaN),
    ours: column(own(ours.own.get(meter), nearestRisk(terms.risks))),
    peer: column(peer),
    quantiles: ours.levels.map((level, l) => ({ level, values: column(own(ours.quantiles.get(meter), l)) })),
  };
}

interface Slice {
  readonly first: number;
  readonly end: number;
}

function slicesOf(from: number, n: number): Slice[] {
  const count = Math.min(SLICES, Math.max(0, n - from));
  return Array.from({ length: count }, (_, s) => ({
    first: from + Math.floor((s * (n - from)) / count),
    end: from + Math.floor(((s + 1) * (n - from)) / count),
  }));
}

/** The lowest and the highest known value of each slice; null for none. */
function extremes(slices: readonly Slice[], value: (i: number) => number): (number | null)[] {
  return slices.flatMap(({ first, end }) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = first; i < end; i += 1) {
      const one = value(i);
      if (one < low) low = one;
      if (one > high) high = one;
    }
    return low > high ? [null, null] : [low, high];
  });
}
