import type { Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter } from '../meter.ts';
import type { PeerSeries } from '../peers/peer-rule.ts';
import { PEER_RULES } from '../peers/peer-rules.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import type { DurationMs, Probability, VmId } from '../units.ts';
import type { VmTraits } from './comparison.ts';
import { decisionsInForce, knownSamples, medianStep, type KnownSamples } from './known-samples.ts';
import { ORACLES } from './oracles.ts';
import { ourSizes, type OurSizes } from './our-sizes.ts';
import { OURS, OURS_SINGLE } from './rule-catalog.ts';
import { scoredDemand, scoreSizes, type SizeScore } from './size-score.ts';
import { vmTraits } from './vm-traits.ts';

/** The same for every rule. */
export interface CompareTerms {
  readonly horizon: Horizon;
  readonly warmUp: DurationMs;
  /** Settings of our knob, falling. */
  readonly risks: readonly Probability[];
  readonly meters: readonly Meter[];
}

/** All rules on one VM. */
export interface VmComparison {
  readonly vm: VmId;
  readonly rows: number;
  readonly step: DurationMs;
  /** Absent for meters that the trace does not know, or that have no demand. */
  readonly meters: Readonly<Partial<Record<Meter, VmMeterComparison>>>;
}

export interface VmMeterComparison {
  readonly samples: number;
  /** By id of the rule. */
  readonly scores: Readonly<Record<string, SizeScore>>;
  readonly levels: readonly Probability[];
  /** By level, hold windows whose maximum stayed at or below the forecast. */
  readonly covered: readonly number[];
  readonly windows: number;
  readonly traits: VmTraits;
}

/** Resolution of the peers' histograms: finer than any of them has, so that no rule loses by its buckets. */
const RESOLUTION = 1e-5;

/** The peers and the oracles on one VM, each with all settings of its knob. */
export interface VmPeers {
  readonly vm: VmId;
  /** By meter, scores by id of the rule. */
  readonly meters: Readonly<Partial<Record<Meter, Readonly<Record<string, SizeScore>>>>>;
}

/** Runs ours over a pool of VMs, once, and scores it: they share each risk, and each VM has it for itself. */
export function compareOurs(pool: readonly UseSeries[], terms: CompareTerms): VmComparison[] {
  const sizes = ourSizes(pool, terms.horizon, terms);
  return pool.flatMap((series, v) => {
    const ours = sizes[v];
    if (ours === undefined) return [];
    const meters: Partial<Record<Meter, VmMeterComparison>> = {};
    for (const { meter, samples, scored } of scoredMeters(series, terms, ours.inForce)) {
      const place = { meter, terms, rows: series.times.length };
      meters[meter] = {
        samples: scored,
        scores: ourScores(samples, ours, place),
        ...coverageOf(samples, ours, place),
        traits: vmTraits(samples, place.rows, ourColumn(samples, ours, place)),
      };
    }
    return [{ vm: series.vm, rows: series.times.length, step: medianStep(series.times), meters }];
  });
}

/** Runs every peer rule and every oracle over one VM's trace and scores each. */
export function comparePeers(series: UseSeries, terms: CompareTerms): VmPeers {
  const meters: Partial<Record<Meter, Record<string, SizeScore>>> = {};
  const inForce = decisionsInForce(series.times, terms.horizon);
  for (const { meter, samples } of scoredMeters(series, terms, inForce))
    meters[meter] = peerScores(samples, meter, terms);
  return { vm: series.vm, meters };
}

/** The same VM under ours, with the peers beside it. */
export function withPeers(ours: VmComparison, peers: VmPeers): VmComparison {
  const meters: Partial<Record<Meter, VmMeterComparison>> = {};
  for (const meter of METERS) {
    const own = ours.meters[meter];
    if (own !== undefined) meters[meter] = { ...own, scores: { ...own.scores, ...peers.meters[meter] } };
  }
  return { ...ours, meters };
}

interface ScoredMeter {
  readonly meter: Meter;
  readonly samples: KnownSamples;
  /** Samples that are scored. */
  readonly scored: number;
}

function scoredMeters(series: UseSeries, { meters, warmUp }: CompareTerms, inForce: Int32Array): ScoredMeter[] {
  const scoredFrom = (series.times[0] ?? 0) + warmUp;
  return METERS.filter((meter) => meters.includes(meter)).flatMap((meter) => {
    const samples = knownSamples(series, meter, { inForce, scoredFrom });
    const scored = samples && scoredDemand(samples);
    return samples === undefined || scored === undefined ? [] : [{ meter, samples, scored: scored.samples }];
  });
}

interface OurPlace {
  readonly meter: Meter;
  readonly terms: CompareTerms;
  readonly rows: number;
}

function ourScores(samples: KnownSamples, ours: OurSizes, { meter, terms, rows }: OurPlace): Record<string, SizeScore> {
  const scores: Record<string, SizeScore> = {};
  for (const [id, sizes] of [
    [OURS, ours.shared.get(meter)],
    [OURS_SINGLE, ours.own.get(meter)],
  ] as const) {
    if (sizes === undefined) continue;
    const settings = terms.risks.length;
    scores[id] = scoreSizes(samples, { settings, sizes, stride: rows, decision: samples.row });
  }
  return scores;
}

function peerScores(samples: KnownSamples, meter: Meter, terms: CompareTerms): Record<string, SizeScore> {
  const n = samples.demand.length;
  const scores: Record<string, SizeScore> = {};
  const series = peerSeries(samples, meter, terms);
  for (const rule of PEER_RULES) {
    const settings = rule.settings.length;
    const sizes = new Float64Array(n * settings);
    rule.decide(series, sizes);
    scores[rule.id] = scoreSizes(samples, { settings, sizes, stride: n, decision: samples.seen });
  }
  const itself = Int32Array.from({ length: n }, (_, i) => i);
  for (const oracle of ORACLES) {
    const sizes = oracle.sizes(samples);
    scores[oracle.id] = scoreSizes(samples, { settings: oracle.settings.length, sizes, stride: n, decision: itself });
  }
  return scores;
}

/** A meter as the peers see it. */
export function peerSeries(samples: KnownSamples, meter: Meter, { horizon, warmUp }: CompareTerms): PeerSeries {
  const { times, demand, step } = samples;
  const most = demand.reduce((highest, value) => Math.max(highest, value), 0);
  return {
    meter,
    times,
    values: demand,
    step,
    horizon,
    trainedAt: (times[0] ?? 0) + warmUp,
    resolution: Math.max(most, 1e-12) * RESOLUTION,
  };
}

/** Our size in force at each sample, at the risk nearest to 0.01. */
function ourColumn({ row }: KnownSamples, ours: OurSizes, { meter, terms, rows }: OurPlace): Float64Array {
  const at = nearestRisk(terms.risks);
  const sizes = ours.shared.get(meter);
  return Float64Array.from(row, (decision) =>
    decision < 0 ? Number.NaN : (sizes?.[at * rows + decision] ?? Number.NaN),
  );
}

/** Index of the risk that is looked at more closely. */
export function nearestRisk(risks: readonly Probability[]): number {
  const distance = (risk: Probability): number => Math.abs(Math.log(risk / 0.01));
  return risks.reduce((best, risk, k) => (distance(risk) < distance(risks[best] ?? 1) ? k : best), 0);
}

function coverageOf(
  { row, demand, from }: KnownSamples,
  { levels, quantiles }: OurSizes,
  { meter, rows }: { readonly meter: Meter; readonly rows: number },
): Pick<VmMeterComparison, 'levels' | 'covered' | 'windows'> {
  const values = quantiles.get(meter) ?? new Float64Array(0);
  const covered = new Float64Array(levels.length);
  let windows = 0;
  let most = 0;
  for (let i = from; i < row.length; i += 1) {
    const decision = row[i] ?? -1;
    most = Math.max(most, demand[i] ?? 0);
    if (row[i + 1] === decision) continue;
    if (Number.isFinite(values[decision])) {
      countCovered(covered, (l) => most <= (values[l * rows + decision] ?? 0));
      windows += 1;
    }
    most = 0;
  }
  return { levels, covered: Array.from(covered), windows };
}

function countCovered(covered: Float64Array, isCovered: (level: number) => boolean): void {
  for (let l = 0; l < covered.length; l += 1) covered[l] = (covered[l] ?? 0) + Number(isCovered(l));
}
