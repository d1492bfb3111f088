import type { Meter } from '../meter.ts';
import type { Probability } from '../units.ts';
import { costPerHour } from '../whatif/money.ts';
import type { FrontierPoint, FrontierReading, PriceList, RuleResult, Worth } from './comparison.ts';
import { crossingOf, valueAt } from './frontier.ts';
import type { RuleLabel } from './rule-catalog.ts';
import { BACKLOG_BUCKETS, backlogQuantile, FIGURES, type SizeScore } from './size-score.ts';

/** Violation rates at which rules are compared. */
export const RATES: readonly Probability[] = [0.01, 0.05];
const MONTH_HOURS = 730;
const BACKLOG_LEVEL = 0.99;

/** How a mean capacity becomes money. */
export interface Pricing {
  readonly meter: Meter;
  readonly prices: PriceList;
}

/** Means over VMs of each figure, one column of settings for each: `means[f][k]`. */
export function meanFigures(scores: readonly SizeScore[], settings: number): number[][] {
  return FIGURES.map((_, f) =>
    Array.from({ length: settings }, (__, k) => {
      let sum = 0;
      for (const { worth } of scores) sum += worth[k * FIGURES.length + f] ?? 0;
      return sum / scores.length;
    }),
  );
}

/** One rule over all VMs of a set. */
export function ruleResult(label: RuleLabel, scores: readonly SizeScore[], pricing: Pricing): RuleResult {
  const means = meanFigures(scores, label.settings.length);
  const frontier = label.settings.map((knob, k): FrontierPoint => {
    const worth = worthOf(
      means.map((column) => column[k] ?? 0),
      pricing,
    );
    return pricing.meter === 'memory'
      ? { knob, ...worth }
      : { knob, ...worth, backlogSeconds: backlogSeconds(scores, k) };
  });
  const at = RATES.map((rate) => readingAt(means, rate, pricing)).filter((reading) => reading !== undefined);
  return { id: label.id, title: label.title, kind: label.kind, knob: label.knob, frontier, at };
}

/** Figures in the order of `FIGURES` as the worth they are. */
export function worthOf(figures: readonly number[], { meter, prices }: Pricing): Worth {
  const [violationRate = 0, unserved = 0, slack = 0, relativeSlack = 0, changesPerVmDay = 0, capacity = 0] = figures;
  const worth = { violationRate, unserved, slack, relativeSlack, changesPerVmDay };
  if (prices.perUnitHour[meter] === undefined) return worth;
  return { ...worth, cost: costPerHour({ [meter]: capacity }, prices) * MONTH_HOURS };
}

function readingAt(means: readonly number[][], rate: Probability, pricing: Pricing): FrontierReading | undefined {
  const [violationRates = [], , slacks = []] = means;
  const crossing = crossingOf(violationRates, slacks, rate);
  if (crossing === undefined) return undefined;
  return {
    ...worthOf(
      means.map((column) => valueAt(column, crossing)),
      pricing,
    ),
    violationRate: rate,
  };
}

/** The 99th percentile over all samples, each VM counting the same. */
function backlogSeconds(scores: readonly SizeScore[], k: number): number {
  const shares = new Float64Array(BACKLOG_BUCKETS);
  for (const { backlog } of scores) {
    const own = backlog.subarray(k * BACKLOG_BUCKETS, (k + 1) * BACKLOG_BUCKETS);
    const samples = own.reduce((sum, count) => sum + count, 0);
    for (const [bucket, count] of own.entries())
      shares[bucket] = (shares[bucket] ?? 0) + count / samples / scores.length;
  }
  return backlogQuantile(shares, BACKLOG_LEVEL);
}
