import { shareWords } from '../../core/policy/quantity-words.ts';
import type { Comparison, Estimate, MeterComparison, SetComparison, Verdict } from '../../core/score/comparison.ts';
import type { Probability } from '../../core/units.ts';
import { meterName } from '../quantity.ts';
import { percentWords } from './figures.ts';

/** The violation rate that the headline is about. */
export const HEADLINE_RATE: Probability = 0.01;

export type Standing = 'less' | 'level' | 'more';

/** Less or more only where the whole confidence interval says so. */
export function standingOf({ low, high }: Estimate): Standing {
  if (high < 1) return 'less';
  return low > 1 ? 'more' : 'level';
}

/** One meter of one set, with the verdict at the headline's rate where there is one. */
export interface Judged {
  readonly set: SetComparison;
  readonly meter: MeterComparison;
  readonly verdict: Verdict | undefined;
}

/** Every meter of every set, in their order. */
export const judgedOf = ({ sets }: Comparison): Judged[] =>
  sets.flatMap((set) =>
    set.meters.map((meter) => ({
      set,
      meter,
      verdict: meter.verdicts.find(({ violationRate }) => violationRate === HEADLINE_RATE),
    })),
  );

/** The outcome of all in one sentence. */
export function headlineWords(judged: readonly Judged[]): string {
  const standings = judged.flatMap(({ verdict }) => (verdict === undefined ? [] : [standingOf(verdict.slackRatio)]));
  const rate = `at a violation rate of ${shareWords(HEADLINE_RATE)}`;
  if (standings.length === 0) return `No rule could be compared ${rate}`;
  const count = (standing: Standing): number => standings.filter((one) => one === standing).length;
  const [less, level, more] = [count('less'), count('level'), count('more')];
  if (less === standings.length) {
    const each =
      less === 1 ? 'the best other rule' : `the best other rule in ${less === 2 ? 'both' : `all ${less}`} comparisons`;
    return `Less slack than ${each} ${rate}`;
  }
  const rest = [
    ...(level > 0 ? [`no clear difference in ${level}`] : []),
    ...(more > 0 ? [`more slack in ${more}`] : []),
  ].join(', ');
  return `Less slack than the best other rule in ${less} of ${standings.length} comparisons ${rate}, ${rest}`;
}

/** In how many the demand left unserved is no higher: less slack is no win when it is bought with that. */
export function unservedHeadline(judged: readonly Judged[]): string {
  const ratios = judged.flatMap(({ verdict }) => verdict?.unservedRatio ?? []);
  const kept = ratios.filter(({ value }) => value <= 1).length;
  return ratios.length === 0
    ? ''
    : `Demand left unserved is no higher than that rule's in ${kept} of ${ratios.length}.`;
}

/** One meter's verdict in words, with its confidence; `title` is the best peer's. */
export function verdictWords(verdict: Verdict, title: string): string {
  const { slackRatio, unservedRatio, violationRate, wins, ties, losses, open } = verdict;
  const rate = `At a violation rate of ${shareWords(violationRate)}`;
  const vms = `Of the VMs, ${wins} need less, ${ties} the same within 2 %, ${losses} more${open > 0 ? `, ${open} cannot be told` : ''}.`;
  const words = `${rate}: ${differenceWords(slackRatio)} slack than ${title}, the best other rule (${intervalWords(slackRatio)})${unservedWords(unservedRatio)}. ${vms}`;
  return words.replaceAll(' %', '\u00a0%');
}

/** `cpu on web`. */
export const placeWords = ({ set, meter }: Pick<Judged, 'set' | 'meter'>): string =>
  `${meterName(meter.meter)} on ${set.name}`;

function differenceWords({ value }: Estimate): string {
  if (Math.abs(value - 1) < 0.005) return 'as much';
  return `${percentWords(Math.abs(value - 1))} ${value < 1 ? 'less' : 'more'}`;
}

const intervalWords = ({ low, high }: Estimate): string =>
  `95 % confidence: ${changeWords(low)} to ${changeWords(high)}`;

/** A ratio as a change: 0.68 is `−32 %`. */
export function changeWords(ratio: number): string {
  const change = ratio - 1;
  return Math.abs(change) < 0.005 ? '±0 %' : `${change > 0 ? '+' : ''}${percentWords(change)}`;
}

function unservedWords(ratio: Estimate | undefined): string {
  if (ratio === undefined) return '; it leaves nothing unserved, so there is no ratio of unserved demand';
  const { value } = ratio;
  if (Math.abs(value - 1) < 0.005) return ', with as much demand unserved';
  return `, with ${percentWords(Math.abs(value - 1))} ${value < 1 ? 'less' : 'more'} demand unserved`;
}
