import { durationWords, shareWords } from '../../core/policy/quantity-words.ts';
import type { HistoryReport, HistoryTerms } from '../../core/score/history.ts';
import { SECOND_MS } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { countWords, dollarWords, hourWords, percentWords } from './figures.ts';
import { sizesTable, shortHoursTable } from './history-tables.ts';
import { historyTotals, type HistoryTotals } from './history-totals.ts';
import { reportPage } from './report-page.ts';

/**
 * What would have changed on the user's own VMs, as one HTML document that loads nothing: hours at the limit, money and resizes
 * against the capacity that was in force and against static peak, each VM's sizes, and the hours in which ours would have been
 * short.
 */
export function historyHtml(report: HistoryReport): string {
  const totals = historyTotals(report);
  const { terms } = report;
  const body = markup`<header>
<h1>${titleWords(totals)}</h1>
<p class="lead">${leadWords(totals, terms)}</p>
</header>
<main>
<ul class="figures">${figuresOf(totals, terms)}</ul>
${sizesTable(report.vms)}
${shortHoursTable(report.vms)}
<div class="card"><h3>How to read this</h3>${notes(totals, terms)}</div>
</main>
<footer><p><code>${terms.command}</code></p><p>Prices: ${terms.prices.source}, ${terms.prices.date}.</p></footer>`;
  return reportPage({ title: 'What would have changed', body });
}

function titleWords({ hasBefore, hasMoney, limit, money, vms, ...rest }: HistoryTotals): string {
  const who = vms === 1 ? 'this VM' : `these ${vms} VMs`;
  if (!hasBefore)
    return `What ${who} would have had: demand above the size in ${percentWords(rest.shortShare)} of the time`;
  const parts = [
    ...(limit.before > 0 ? [limitWords(limit)] : []),
    ...(hasMoney ? [moneyWords(money.before - money.ours)] : []),
  ];
  if (parts.length === 0) return `What would have changed for ${who}: never at the limit, and no price to compare`;
  return `What would have changed for ${who}: ${parts.join(', ')}`;
}

function limitWords({ before, remaining, added }: HistoryTotals['limit']): string {
  const after = remaining + added;
  return `${hourWords(after)} short or at the limit instead of ${hourWords(before)}`;
}

function moneyWords(saved: number): string {
  if (Math.abs(saved) < 0.005) return 'the same cost';
  return `${dollarWords(Math.abs(saved))} a month ${saved > 0 ? 'less' : 'more'}`;
}

function leadWords({ vmDays, vms }: HistoryTotals, { risk, leadSeconds, holdSeconds }: HistoryTerms): string {
  const words = (seconds: number): string => durationWords(seconds * SECOND_MS);
  const days = vms === 0 ? 0 : vmDays / vms;
  return `Replayed: ${countWords(days)} days of each of ${vms} VMs on average. Sizes were decided ${words(leadSeconds)} ahead for at least ${words(holdSeconds)}, so that demand passes them in ${shareWords(risk)} of samples, from what was known by then only.`;
}

function figuresOf(totals: HistoryTotals, { risk }: HistoryTerms): Markup[] {
  const { limit, money, hasBefore, hasMoney, shortShare, resizesPerVmDay, largeResizesPerVmDay } = totals;
  return [
    ...(hasBefore
      ? [
          figure(hourWords(limit.avoided), `at the limit avoided, of ${hourWords(limit.before)}`, mood(limit.avoided)),
          figure(hourWords(limit.added), 'short because of a smaller size', mood(-limit.added)),
        ]
      : []),
    ...(hasMoney
      ? [
          figure(
            dollarWords(money.ours),
            `a month instead of ${dollarWords(money.before)}`,
            mood(money.before - money.ours),
          ),
        ]
      : []),
    ...(money.peak > 0
      ? [figure(dollarWords(money.peak), `a month at static peak; ours ${dollarWords(money.oursAll)}`)]
      : []),
    figure(percentWords(shortShare), `of the time above the size; asked for ${shareWords(risk)}`),
    figure(
      countWords(resizesPerVmDay),
      `resizes per VM and day, all meters; ${countWords(largeResizesPerVmDay)} by a tenth or more`,
    ),
  ];
}

const mood = (gain: number): string => {
  if (gain === 0) return '';
  return gain > 0 ? 'good' : 'bad';
};

const figure = (value: string, words: string, className = ''): Markup =>
  markup`<li><b class="${className}">${value}</b><span>${words}</span></li>`;

function notes({ hasBefore }: HistoryTotals, { warmUpSeconds }: HistoryTerms): Markup {
  const warmUp = durationWords(warmUpSeconds * SECOND_MS);
  return markup`<p>${hasBefore ? 'A VM is at its limit from 90 % of its vCPUs and 95 % of its memory on. What it wanted beyond that was not measured, so hours at the limit are counted and not what they cost.' : 'The trace says no capacities, so there is nothing to compare with but static peak: give cpu_capacity and memory_capacity to see what would have changed.'}</p>
<p>Static peak is the highest demand of the whole time, which nobody knows beforehand. The first ${warmUp} of each VM do not count; nor does time without a size or without a measurement.</p>
<p>Sizes are as a host sets them live, without steps. EC2 instance types come in steps and change only while stopped: what is left of the saving there depends on the types.</p>`;
}
