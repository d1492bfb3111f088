import type { Estimate } from '../../core/score/comparison.ts';
import { markup, type Markup } from '../markup.ts';
import { meterName } from '../quantity.ts';
import { ink } from '../svg/palette.ts';
import { linear } from '../svg/scale.ts';
import { ratioWords } from './figures.ts';
import { panelId } from './panel-id.ts';
import { changeWords, standingOf, type Judged } from './verdict-words.ts';

const PLOT = { width: 240, height: 22 } as const;
/** Ratios drawn: a third to three times. */
const EDGE = Math.log(3);

/** All comparisons at one glance: slack against the best other rule with its confidence, unserved demand, wins and losses. */
export function overviewHtml(judged: readonly Judged[]): Markup {
  const rows = judged.map(({ set, meter, verdict }) => {
    const name = markup`<th scope="row"><a href="#${panelId(set, meter)}">${set.name}, ${meterName(meter.meter)}</a></th>`;
    if (verdict === undefined)
      return markup`<tr>${name}<td class="words" colspan="5">no rule of both kinds reaches this rate</td></tr>`;
    const { slackRatio, unservedRatio, wins, ties, losses } = verdict;
    const peer = meter.rules.find(({ id }) => id === verdict.bestPeer)?.title ?? verdict.bestPeer;
    const mood = { less: 'good', level: '', more: 'bad' }[standingOf(slackRatio)];
    return markup`<tr>${name}<td class="${mood}">${changeWords(slackRatio.value)}</td><td class="plot">${intervalSvg(slackRatio)}</td><td>${unservedRatio === undefined ? '–' : changeWords(unservedRatio.value)}</td><td>${wins} / ${ties} / ${losses}</td><td class="words">${peer}</td></tr>`;
  });
  return markup`<div class="card wide"><table>
<thead><tr><th scope="col">set, meter</th><th scope="col">slack</th><th scope="col" class="middle">less ← 95 % confidence → more</th><th scope="col">unserved</th><th scope="col">VMs less / same / more</th><th scope="col" class="words">best other rule</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** A ratio and its interval around the line of 1. */
function intervalSvg({ value, low, high }: Estimate): Markup {
  const scale = linear([-EDGE, EDGE], [6, PLOT.width - 6]);
  const at = (ratio: number): number => scale(Math.min(EDGE, Math.max(-EDGE, Math.log(ratio))));
  const middle = PLOT.height / 2;
  const colour = { less: 'var(--good)', level: ink('muted'), more: 'var(--bad)' }[standingOf({ value, low, high })];
  const words = `${ratioWords(value)} times, ${ratioWords(low)} to ${ratioWords(high)}`;
  return markup`<svg role="img" viewBox="0 0 ${PLOT.width} ${PLOT.height}"><title>${words}</title><path d="M${at(1)} 0V${PLOT.height}" stroke="${ink('grid')}" stroke-width="1.5"/><path d="M${at(low)} ${middle}H${at(high)}" stroke="${colour}" stroke-width="2"/><circle cx="${at(value)}" cy="${middle}" r="4" fill="${colour}"/></svg>`;
}
