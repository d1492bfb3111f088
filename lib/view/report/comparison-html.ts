import { durationWords } from '../../core/policy/quantity-words.ts';
import type { Comparison, PriceList } from '../../core/score/comparison.ts';
import { SECOND_MS } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { meterName } from '../quantity.ts';
import { comparisonPanel } from './comparison-panel.ts';
import { overviewHtml } from './overview-html.ts';
import { panelId } from './panel-id.ts';
import { reportPage } from './report-page.ts';
import { headlineWords, judgedOf, unservedHeadline, type Judged } from './verdict-words.ts';

/**
 * The scoreboard as one HTML document that loads nothing: the verdict in words, all comparisons at a glance, and for each meter of
 * each set frontier, calibration, all rules at a violation rate of 1 %, VMs over time, and where ours loses. Without scripts
 * everything is there, one under the other; with them one meter at a time is chosen.
 */
export function comparisonHtml(comparison: Comparison): string {
  const judged = judgedOf(comparison);
  const body = markup`<header>
<h1>${headlineWords(judged)}</h1>
<p class="lead">Shadowcast against other ways to size VMs: same traces, same lead and hold time, each rule's one risk knob swept. Slack is capacity above demand; a violation is a sample with demand above the capacity. ${unservedHeadline(judged)}</p>
</header>
<main>
${overviewHtml(judged)}
<p class="note">Slack and unserved demand: ours against the rule with the least slack, both at the same violation rate of 1 %. The bar is the 95 % bootstrap interval over VMs; left of the line is less.</p>
${pickerHtml(judged)}
${judged.map(comparisonPanel)}
</main>
<footer><p><code>${comparison.command}</code></p><p>${footerWords(comparison)}</p></footer>`;
  return reportPage({ title: 'Shadowcast against the field', body, script: SCRIPT });
}

function pickerHtml(judged: readonly Judged[]): Markup {
  const options = judged.map(
    ({ set, meter }) => markup`<option value="${panelId(set, meter)}">${set.name}, ${meterName(meter.meter)}</option>`,
  );
  return markup`<form class="picker" hidden><label for="shown">Show</label><select id="shown">${options}<option value="">all</option></select></form>`;
}

function footerWords({ seconds, processorSeconds, prices }: Comparison): string {
  const time = `${durationWords(seconds * SECOND_MS)} (${durationWords(processorSeconds * SECOND_MS)} of processor time)`;
  return `Took ${time}. Prices: ${prices.source}, ${prices.date}: ${priceWords(prices)}.`;
}

const priceWords = ({ perUnitHour }: PriceList): string =>
  Object.entries(perUnitHour)
    .map(([meter, price]) => `${meter} $${price}`)
    .join(', ') + ' per vCPU, GiB or MiB/s and hour';

/** Shows one panel at a time, the one in the address when there is one, so that links from the overview work. */
const SCRIPT = `
const form = document.querySelector('.picker'), select = document.querySelector('#shown');
const panels = [...document.querySelectorAll('.panel')];
const show = (id) => { for (const panel of panels) panel.hidden = id !== '' && panel.id !== id; select.value = id; };
const fromAddress = () => { const id = decodeURIComponent(location.hash.slice(1)); return panels.some((panel) => panel.id === id) ? id : undefined; };
if (panels.length > 1) {
  document.documentElement.classList.add('js');
  form.hidden = false;
  show(fromAddress() ?? panels[0].id);
  select.addEventListener('change', () => { show(select.value); history.replaceState(null, '', '#' + select.value); });
  addEventListener('hashchange', () => { const id = fromAddress(); if (id === undefined) return; show(id); document.getElementById(id).scrollIntoView(); });
}
`;
