import { shareWords } from '../../core/policy/quantity-words.ts';
import type { FrontierReading, MeterComparison, RuleResult, Verdict } from '../../core/score/comparison.ts';
import type { Probability } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { countWords, dollarWords, percentWords, ratioWords } from './figures.ts';

interface Row {
  readonly rule: RuleResult;
  readonly reading: FrontierReading | undefined;
}

/** All rules at one violation rate, the least slack first; rules that do not reach it last. */
export function rulesTable({ rules, verdicts }: MeterComparison, rate: Probability): Markup {
  const rows = rules
    .map((rule): Row => ({ rule, reading: rule.at.find((reading) => isNear(reading.violationRate, rate)) }))
    .sort((left, right) => (left.reading?.slack ?? Infinity) - (right.reading?.slack ?? Infinity));
  const ours = rows.find(({ rule }) => rule.kind === 'ours')?.reading;
  const hasCost = rows.some(({ reading }) => reading?.cost !== undefined);
  const verdict = verdicts.find(({ violationRate }) => violationRate === rate);
  const lines = rows.map(({ rule, reading }) => {
    const name = markup`<th scope="row">${rule.title}${rule.kind === 'oracle' && ' (knows the future)'}</th>`;
    if (reading === undefined)
      return markup`<tr class="${rule.kind}">${name}<td class="words" colspan="${hasCost ? 6 : 5}">has no setting at this rate</td></tr>`;
    const cost = reading.cost === undefined ? '–' : dollarWords(reading.cost);
    return markup`<tr class="${rule.kind}">${name}<td>${percentWords(reading.slack)}</td><td>${against(rule, reading, { ours, verdict })}</td><td>${percentWords(reading.unserved)}</td><td>${percentWords(reading.relativeSlack)}</td><td>${countWords(reading.changesPerVmDay)}</td>${hasCost && markup`<td>${cost}</td>`}</tr>`;
  });
  return markup`<div class="card wide"><h3>All rules at a violation rate of ${shareWords(rate)}</h3><table>
<thead><tr><th scope="col">rule</th><th scope="col">slack, % of demand</th><th scope="col">ours is … of it (95 %)</th><th scope="col">unserved, % of demand</th><th scope="col">idle, % of capacity</th><th scope="col">changes per VM and day</th>${hasCost && markup`<th scope="col">$ per VM and month</th>`}</tr></thead>
<tbody>${lines}</tbody></table></div>`;
}

/** Readings are interpolated at a rate: the last digit may differ. */
const isNear = (rate: Probability, wanted: Probability): boolean => Math.abs(rate - wanted) < 1e-6;

/** Our slack as a part of this rule's; the interval is known for the best peer. */
function against(
  { id, kind }: RuleResult,
  { slack }: FrontierReading,
  { ours, verdict }: { ours: FrontierReading | undefined; verdict: Verdict | undefined },
): string {
  if (kind === 'ours' || ours === undefined || slack === 0) return '–';
  if (verdict?.bestPeer !== id) return ratioWords(ours.slack / slack);
  const { value, low, high } = verdict.slackRatio;
  return `${ratioWords(value)} (${ratioWords(low)} to ${ratioWords(high)})`;
}
