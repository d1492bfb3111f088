import { METERS, type Meter } from '../meter.ts';
import type { DurationMs, Probability, VmId } from '../units.ts';
import { seededChance } from './chance.ts';
import type {
  Calibration,
  Coverage,
  MeterComparison,
  PriceList,
  RuleResult,
  SetComparison,
  VmChart,
} from './comparison.ts';
import type { CompareTerms, VmComparison, VmMeterComparison } from './compare-vm.ts';
import { OURS, ruleCatalog, type RuleLabel } from './rule-catalog.ts';
import { RATES, ruleResult, type Pricing } from './rule-result.ts';
import { FIGURES, type SizeScore } from './size-score.ts';
import { bestPeerAt, singleOver, sameUnserved, slackNoWorse, verdictOf } from './verdict.ts';
import type { ChartOrder } from './vm-chart.ts';
import { worstVms } from './vm-finding.ts';

/** The same draws for every comparison: figures change when the data change, not from run to run. */
const SEED = 20_250_101;

/** A VM's meter to draw. */
export interface VmChartOrder extends ChartOrder {
  readonly vm: VmId;
}

/** A set's comparison, and what is to be drawn of it. */
export interface SetFindings {
  readonly set: SetComparison;
  readonly orders: readonly VmChartOrder[];
}

/** Puts the VMs of a set together. `chartOf` names a VM to draw; without it, the one with the median slack is drawn. */
export function compareSet(
  name: string,
  vms: readonly VmComparison[],
  {
    terms,
    prices,
    chartOf,
  }: { readonly terms: CompareTerms; readonly prices: PriceList; readonly chartOf?: VmId | undefined },
): SetFindings {
  const catalog = ruleCatalog(terms.risks);
  const meters: MeterComparison[] = [];
  const orders: VmChartOrder[] = [];
  for (const meter of METERS) {
    const own = vms.flatMap(({ vm, meters: known }) => {
      const found = known[meter];
      return found?.scores[OURS] === undefined ? [] : [{ vm, found }];
    });
    if (own.length === 0) continue;
    const compared = compareMeter(own, { catalog, risks: terms.risks, pricing: { meter, prices } });
    meters.push(compared);
    orders.push(...chartOrders(own, compared, { meter, chartOf }));
  }
  const set: SetComparison = {
    name,
    vms: vms.length,
    samples: vms.reduce((sum, { rows }) => sum + rows, 0),
    stepSeconds: medianOf(vms.map(({ step }) => step)) / 1000,
    leadSeconds: terms.horizon.lead / 1000,
    holdSeconds: terms.horizon.hold / 1000,
    warmUpSeconds: terms.warmUp / 1000,
    meters,
  };
  return { set, orders };
}

/** A set with its charts, which are made after it. */
export function withCharts(
  set: SetComparison,
  charts: readonly { readonly meter: Meter; readonly chart: VmChart }[],
): SetComparison {
  const meters = set.meters.map((one) => ({
    ...one,
    charts: charts.filter(({ meter }) => meter === one.meter).map(({ chart }) => chart),
  }));
  return { ...set, meters };
}

interface VmOfMeter {
  readonly vm: VmId;
  readonly found: VmMeterComparison;
}

const NO_SCORE: SizeScore = { worth: new Float64Array(0), backlog: new Uint32Array(0) };
const scoresOf = (vms: readonly VmOfMeter[], id: string): SizeScore[] =>
  vms.map(({ found }) => found.scores[id] ?? NO_SCORE);

function compareMeter(
  vms: readonly VmOfMeter[],
  { catalog, risks, pricing }: { catalog: readonly RuleLabel[]; risks: readonly Probability[]; pricing: Pricing },
): MeterComparison {
  const rules = catalog.map((label) => ruleResult(label, scoresOf(vms, label.id), pricing));
  const ours = scoresOf(vms, OURS);
  const chance = seededChance(SEED);
  const verdicts = RATES.map((rate) => {
    const best = bestPeerAt(rules, rate);
    const verdict = best && verdictOf(best.id, { ours, peer: scoresOf(vms, best.id) }, { rate, chance });
    if (best === undefined || verdict === undefined) return undefined;
    const same = sameUnserved(rules, rate);
    const single = singleOver(rules, best.id, rate);
    const noWorse = slackNoWorse(rules, best.id, rate);
    return {
      ...verdict,
      ...(same && { sameUnserved: same }),
      ...(noWorse !== undefined && { slackNoWorse: noWorse }),
      ...(single && { single }),
    };
  }).filter((verdict) => verdict !== undefined);
  const [rate = 0.01] = RATES;
  const best = bestPeerAt(rules, rate);
  const pairs = vms.map(({ vm, found }, i) => ({
    vm,
    ours: ours[i] ?? NO_SCORE,
    peer: (best && found.scores[best.id]) ?? NO_SCORE,
    traits: found.traits,
  }));
  return {
    meter: pricing.meter,
    vms: vms.length,
    samples: vms.reduce((sum, { found }) => sum + found.samples, 0),
    rules,
    verdicts,
    calibration: calibrationOf(rules, risks),
    coverage: coverageOf(vms),
    worst: best === undefined ? [] : worstVms(pairs, pricing),
    charts: [],
  };
}

function calibrationOf(rules: readonly RuleResult[], risks: readonly Probability[]): Calibration[] {
  const frontier = rules.find(({ id }) => id === OURS)?.frontier ?? [];
  return risks.map((risk, k) => ({ risk, violationRate: frontier[k]?.violationRate ?? 0 }));
}

/** The mean over VMs of each VM's own coverage. */
function coverageOf(vms: readonly VmOfMeter[]): Coverage[] {
  const known = vms.filter(({ found }) => found.windows > 0);
  return (known[0]?.found.levels ?? []).map((level, l) => ({
    level,
    covered: known.reduce((sum, { found }) => sum + (found.covered[l] ?? 0) / found.windows, 0) / known.length,
  }));
}

function chartOrders(
  vms: readonly VmOfMeter[],
  { rules, worst }: MeterComparison,
  { meter, chartOf }: { readonly meter: Meter; readonly chartOf: VmId | undefined },
): VmChartOrder[] {
  const best = bestPeerAt(rules, RATES[0] ?? 0.01);
  if (best === undefined) return [];
  const order = { meter, bestPeer: best.id, setting: nearestSetting(best) };
  const asked = vms.find(({ vm }) => vm === chartOf)?.vm;
  const first = asked ?? typicalVm(vms);
  const orders: VmChartOrder[] = [{ ...order, vm: first, why: asked === undefined ? 'typical' : 'asked for' }];
  const last = worst[0]?.vm;
  if (last !== undefined && last !== first) orders.push({ ...order, vm: last, why: 'worst' });
  return orders;
}

/** Index of the setting whose violation rate is nearest to 0.01, as a ratio. */
function nearestSetting({ frontier }: RuleResult): number {
  const distance = (k: number): number => Math.abs(Math.log(Math.max(frontier[k]?.violationRate ?? 0, 1e-6) / 0.01));
  return frontier.reduce((best, _, k) => (distance(k) < distance(best) ? k : best), 0);
}

/** The VM with the median slack under ours, at the middle setting. */
function typicalVm(vms: readonly VmOfMeter[]): VmId {
  const slack = ({ found }: VmOfMeter): number => {
    const worth = found.scores[OURS]?.worth ?? new Float64Array(0);
    const middle = (worth.length / FIGURES.length) >> 1;
    return worth[middle * FIGURES.length + FIGURES.indexOf('slack')] ?? 0;
  };
  const sorted = [...vms].sort((a, b) => slack(a) - slack(b));
  return sorted[sorted.length >> 1]?.vm ?? '';
}

const medianOf = (steps: readonly DurationMs[]): DurationMs => [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
