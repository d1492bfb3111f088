import type { MeterComparison, VmTraits } from '../../core/score/comparison.ts';
import { markup, type Markup } from '../markup.ts';
import { percentWords } from './figures.ts';

/** Where the best peer needs less than ours, and what is peculiar to those VMs. */
export function lossesHtml({ worst }: MeterComparison): Markup {
  if (worst.length === 0)
    return markup`<div class="card"><h3>Where ours loses</h3><p>No VM that the best other rule serves with less.</p></div>`;
  const rows = worst.map(
    ({ vm, ours, bestPeer, traits, reason }) =>
      markup`<tr><th scope="row">${vm}</th><td>${percentWords(ours.slack)}</td><td>${percentWords(bestPeer.slack)}</td><td>${percentWords(ours.unserved)}</td><td>${percentWords(bestPeer.unserved)}</td><td class="words" title="${traitWords(traits)}">${reason}</td></tr>`,
  );
  return markup`<div class="card wide"><h3>Where ours loses most, and why</h3><table>
<thead><tr><th scope="col">VM</th><th scope="col">slack, ours</th><th scope="col">best peer</th><th scope="col">unserved, ours</th><th scope="col">best peer</th><th scope="col" class="words">what stands out</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const traitWords = ({ burstShare, levelShifts, holes, coldStart, zeros }: VmTraits): string =>
  [
    `${percentWords(burstShare)} of demand in bursts`,
    `${levelShifts} level shifts`,
    `${percentWords(holes)} of rows unknown`,
    `${percentWords(coldStart)} of the loss in the first tenth`,
    `${percentWords(zeros)} of samples without demand`,
  ].join(', ');
