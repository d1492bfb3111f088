import { durationWords } from '../../core/policy/quantity-words.ts';
import type { MeterComparison, SetComparison, VmChart } from '../../core/score/comparison.ts';
import { SECOND_MS } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { meterName } from '../quantity.ts';
import { calibrationSvg } from './calibration-svg.ts';
import { countWords } from './figures.ts';
import { frontierSvg } from './frontier-svg.ts';
import { lossesHtml } from './losses-html.ts';
import { panelId } from './panel-id.ts';
import { legendHtml, ruleLines } from './rule-lines.ts';
import { rulesTable } from './rules-table.ts';
import { HEADLINE_RATE, verdictWords, type Judged } from './verdict-words.ts';
import { vmChartSvg } from './vm-chart-svg.ts';

/** Everything about one meter of one set. */
export function comparisonPanel({ set, meter }: Pick<Judged, 'set' | 'meter'>): Markup {
  const lines = ruleLines(meter);
  const others = meter.verdicts.map(({ violationRate }) => violationRate).filter((rate) => rate !== HEADLINE_RATE);
  return markup`<section class="panel" id="${panelId(set, meter)}" aria-label="${set.name}, ${meterName(meter.meter)}">
<h2>${set.name}: ${meterName(meter.meter)}</h2>
<p class="facts">${factsOf(set, meter)}</p>
${verdictsHtml(meter)}
<div class="pair">
<figure class="card"><h3>What each rule pays for being right</h3><div class="wide plot-box">${frontierSvg(meter, lines)}</div>${legendHtml(lines)}</figure>
<figure class="card"><h3>Asked for and realised</h3>${calibrationSvg(meter)}<figcaption>On the dashed line is right. Dots: share of samples above the size, by the risk asked for. Rings: share of windows above the forecast's quantile.</figcaption></figure>
</div>
${rulesTable(meter, HEADLINE_RATE)}
${others.map((rate) => markup`<details><summary>At another violation rate</summary>${rulesTable(meter, rate)}</details>`)}
${meter.charts.map((chart, index) => chartHtml(meter, chart, index === 0))}
${lossesHtml(meter)}
</section>`;
}

function factsOf(set: SetComparison, meter: MeterComparison): string {
  const words = (seconds: number): string => durationWords(seconds * SECOND_MS);
  return [
    `${meter.vms} VMs, ${countWords(meter.samples)} samples every ${words(set.stepSeconds)}`,
    `lead ${words(set.leadSeconds)}, hold ${words(set.holdSeconds)}`,
    `the first ${words(set.warmUpSeconds)} of each VM not scored`,
  ].join('; ');
}

function verdictsHtml({ verdicts, rules }: MeterComparison): Markup {
  if (verdicts.length === 0) return markup`<p>No violation rate is reached by ours and by another rule.</p>`;
  return markup`${verdicts.map((verdict) => {
    const peer = rules.find(({ id }) => id === verdict.bestPeer)?.title ?? verdict.bestPeer;
    return markup`<p>${verdictWords(verdict, peer)}</p>`;
  })}`;
}

const WHY = { 'asked for': 'asked for', typical: 'a typical VM', worst: 'where ours loses most' } as const;

function chartHtml({ meter, rules }: MeterComparison, chart: VmChart, isOpen: boolean): Markup {
  const peer = rules.find(({ id }) => id === chart.bestPeer)?.title ?? chart.bestPeer;
  const words = `Blue: demand. Vermilion: our capacity, risk 1 %. Grey, dashed: ${peer}. Green: the forecast's quantiles.`;
  return markup`<details${isOpen && ' open'}><summary>${chart.vm}, ${WHY[chart.why]}</summary><figure class="card"><div class="wide chart">${vmChartSvg(meter, chart)}</div><figcaption>${words}</figcaption></figure></details>`;
}
