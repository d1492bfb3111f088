import type { Estimate, MeterComparison, RuleResult, SetComparison, Verdict, Worth } from '../core/score/comparison.ts';

const TITLE_WIDTH = 38;

/** A set's comparison for a terminal: a table for each meter, one line a rule, ours and the best peer marked. */
export function setWords(set: SetComparison): string {
  const { name, vms, samples, stepSeconds, leadSeconds, holdSeconds, warmUpSeconds } = set;
  const times = `step ${time(stepSeconds)}, lead ${time(leadSeconds)}, hold ${time(holdSeconds)}`;
  const head = `${name}: ${vms} VMs, ${samples} samples; ${times}, warm-up ${time(warmUpSeconds)}`;
  return `${[head, ...set.meters.flatMap(meterLines)].join('\n')}\n`;
}

function meterLines({ meter, vms, rules, verdicts, calibration }: MeterComparison): string[] {
  const bests = new Set(verdicts.map(({ bestPeer }) => bestPeer));
  return [
    `  ${`${meter}, ${vms} VMs`.padEnd(TITLE_WIDTH)}   at 1 % violations${' '.repeat(28)}at 5 %`,
    `  ${''.padEnd(TITLE_WIDTH)}  unserved    slack  of size  changes/d  USD/month  unserved    slack`,
    ...rules.map((rule) => ruleLine(rule, bests)),
    ...verdicts.map((verdict) => `  ${verdictWords(verdict)}`),
    `  violations at risk ${calibration.map(({ risk, violationRate }) => `${percent(risk)}: ${percent(violationRate)}`).join(', ')}`,
    '',
  ];
}

function ruleLine({ id, title, kind, frontier, at }: RuleResult, bests: ReadonlySet<string>): string {
  const mark = kind === 'ours' ? '*' : bests.has(id) ? '+' : ' ';
  const reading = (rate: number): Partial<Worth> | undefined => at.find(({ violationRate }) => violationRate === rate);
  // A rule without a knob has one point, whatever its violation rate is.
  const one = reading(0.01) ?? (frontier.length === 1 ? frontier[0] : undefined) ?? {};
  const five = reading(0.05) ?? {};
  const cells = [
    cell(one.unserved, percent, 9),
    cell(one.slack, percent, 9),
    cell(one.relativeSlack, percent, 9),
    cell(one.changesPerVmDay, number, 11),
    cell(one.cost, number, 11),
    cell(five.unserved, percent, 10),
    cell(five.slack, percent, 9),
  ];
  return `${mark} ${title.padEnd(TITLE_WIDTH)} ${cells.join('')}`;
}

const cell = (value: number | undefined, words: (value: number) => string, width: number): string =>
  (value === undefined ? '-' : words(value)).padStart(width);

/** Ours against the best peer, in one line. */
export function verdictWords(verdict: Verdict): string {
  const { violationRate, bestPeer, slackRatio, unservedRatio, sameUnserved, single } = verdict;
  const { wins, ties, losses, open } = verdict;
  const unserved = unservedRatio === undefined ? '' : `, unserved ${estimate(unservedRatio)}`;
  const same =
    sameUnserved === undefined
      ? ''
      : `; at the same unserved share ${ratio(sameUnserved.slackRatio)} of ${sameUnserved.bestPeer}`;
  const noWorse =
    verdict.slackNoWorse === undefined || verdict.slackNoWorse === slackRatio.value
      ? ''
      : `; with no more unserved: slack ${ratio(verdict.slackNoWorse)}`;
  const bySelf =
    single === undefined
      ? ''
      : `; risk of each VM: slack ${ratio(single.slackRatio)}, unserved ${ratio(single.unservedRatio)}`;
  const vms = `${wins} VMs better, ${ties} level, ${losses} worse, ${open} open`;
  return `at ${percent(violationRate)}, ours over ${bestPeer}: slack ${estimate(slackRatio)}${unserved}${noWorse}${same}${bySelf}; ${vms}`;
}

const estimate = ({ value, low, high }: Estimate): string => `${ratio(value)} (${ratio(low)} to ${ratio(high)})`;
const ratio = (value: number): string => value.toFixed(2);
const percent = (share: number): string => `${number(100 * share)} %`;

/** Three digits are enough for a table. */
function number(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

/** Seconds in the largest unit that leaves a short number. */
function time(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ];
  for (const [unit, length] of units) if (seconds >= length) return `${Number((seconds / length).toFixed(1))} ${unit}`;
  return `${Number(seconds.toFixed(1))} s`;
}
