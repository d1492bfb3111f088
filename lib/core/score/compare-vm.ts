import type { Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter } from '../meter.ts';
import type { PeerSeries } from '../peers/peer-rule.ts';
import { PEER_RULES } from '../peers/peer-rules.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import type { DurationMs, Probability, VmId } from '../units.ts';
import type { VmTraits } from './comparison.ts';
import { decisionsInForce, knownSamples, medianStep, type KnownSamples } from './known-samples.ts';
import { ORACLES } from './oracles.ts';
import { pricedSizes, SHORTAGE_PRICES } from './priced-sizes.ts';
import { ourSizes, type OurSizes } from './our-sizes.ts';
import { OURS, OURS_PRICED } from './rule-catalog.ts';
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

/** Runs every rule with all settings of its knob over one VM's trace, once, and scores each. */
export function compareVm(series: UseSeries, terms: CompareTerms): VmComparison {
  const { times } = series;
  const scoredFrom = (times[0] ?? 0) + terms.warmUp;
  const inForce = decisionsInForce(times, terms.horizon);
  const ours = ourSizes(series, terms.horizon, { risks: terms.risks, inForce });
  const meters: Partial<Record<Meter, VmMeterComparison>> = {};
  for (const meter of METERS) {
    if (!terms.meters.includes(meter)) continue;
    const samples = knownSamples(series, meter, { inForce, scoredFrom });
    const scored = samples === undefined ? undefined : scoredDemand(samples);
    if (samples === undefined || scored === undefined) continue;
    meters[meter] = {
      samples: scored.samples,
      scores: scoresOf(samples, { meter, terms, ours, rows: times.length }),
      ...coverageOf(samples, ours, { meter, rows: times.length }),
      traits: vmTraits(samples, times.length, ourColumn(samples, ours, { meter, terms, rows: times.length })),
    };
  }
  return { vm: series.vm, rows: times.length, step: medianStep(times), meters };
}

interface OurPlace {
  readonly meter: Meter;
  readonly terms: CompareTerms;
  readonly rows: number;
}

function scoresOf(
  samples: KnownSamples,
  { meter, terms, ours, rows }: OurPlace & { readonly ours: OurSizes },
): Record<string, SizeScore> {
  const n = samples.demand.length;
  const scores: Record<string, SizeScore> = {};
  const own = ours.sizes.get(meter);
  if (own !== undefined) {
    const { risks } = terms;
    scores[OURS] = scoreSizes(samples, { settings: risks.length, sizes: own, stride: rows, decision: samples.row });
    const sizes = pricedSizes(samples, { sizes: own, rows, risks, otherwise: nearestRisk(risks) });
    const settings = SHORTAGE_PRICES.length;
    scores[OURS_PRICED] = scoreSizes(samples, { settings, sizes, stride: n, decision: samples.seen });
  }
  const series = peerSeries(samples, meter, terms);
  for (const rule of PEER_RULES) {
    const sizes = new Float64Array(n * rule.settings.length);
    rule.decide(series, sizes);
    scores[rule.id] = scoreSizes(samples, {
      settings: rule.settings.length,
      sizes,
      stride: n,
      decision: samples.seen,
    });
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
  const sizes = ours.sizes.get(meter);
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
