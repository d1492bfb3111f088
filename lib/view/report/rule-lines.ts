import type { MeterComparison, RuleResult } from '../../core/score/comparison.ts';
import { markup, type Markup } from '../markup.ts';
import { ink } from '../svg/palette.ts';
import { peerStroke } from './report-style.ts';

/** How a rule's line looks, in the plot and in the legend. */
export interface RuleLine {
  readonly rule: RuleResult;
  readonly colour: string;
  readonly dash: string;
  readonly width: number;
}

/** A line for each rule: ours bold, peers in colours, the best of them stronger than the rest, oracles dotted. */
export function ruleLines({ rules, verdicts }: MeterComparison): RuleLine[] {
  const peers = rules.filter(({ kind }) => kind === 'peer');
  return rules.map((rule) => {
    if (rule.kind === 'ours') return { rule, colour: ink('limit'), dash: '', width: 3 };
    if (rule.kind === 'oracle') return { rule, colour: ink('muted'), dash: '1 3', width: 1.5 };
    const isBest = verdicts.some(({ bestPeer }) => bestPeer === rule.id);
    return { rule, ...peerStroke(peers.indexOf(rule)), width: isBest ? 2 : 1.25 };
  });
}

/** What each line is. */
export function legendHtml(lines: readonly RuleLine[]): Markup {
  const items = lines.map(
    ({ rule, colour, dash, width }) =>
      markup`<li><svg viewBox="0 0 26 10" aria-hidden="true"><path d="M1 5H25" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/></svg>${rule.title}${rule.kind === 'oracle' && ' (knows the future)'}</li>`,
  );
  return markup`<ul class="legend">${items}</ul>`;
}
