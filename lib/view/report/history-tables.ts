import { METERS } from '../../core/meter.ts';
import type { MeterHistory, Sizing, VmHistory } from '../../core/score/history.ts';
import type { ShortHour } from '../../core/score/short-hours.ts';
import type { EpochMs } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { formatChange, formatValue, meterName } from '../quantity.ts';
import { countWords, dollarWords, hourWords, percentWords } from './figures.ts';

/** Short hours that are shown of each meter. */
const SHORT_HOURS = 4;
/** Earlier times are counted from a trace's own start, they are no dates. */
const FIRST_DATE: EpochMs = 1e11;

/** Each VM and meter whose capacity the trace says, with what ours would have changed, the largest saving first; then the rest. */
export function sizesTable(vms: readonly VmHistory[]): Markup {
  const rows = vms.flatMap(({ vm, meters }) => meters.map((history) => ({ vm, history })));
  const compared = rows
    .filter(({ history }) => history.before !== undefined)
    .sort((left, right) => savedBy(right.history) - savedBy(left.history));
  const rest = rows.filter(({ history }) => history.before === undefined);
  return markup`${compared.length > 0 && tableOf('Sizes, VM by VM', compared, true)}${rest.length > 0 && tableOf(compared.length > 0 ? 'Sizes without a capacity to compare with' : 'Sizes, VM by VM', rest, false)}`;
}

interface SizeRow {
  readonly vm: string;
  readonly history: MeterHistory;
}

function tableOf(title: string, rows: readonly SizeRow[], isCompared: boolean): Markup {
  return markup`<div class="card wide"><h3>${title}</h3><table class="vms">
<thead><tr><th scope="col">VM</th><th scope="col" class="left">meter</th><th scope="col">${isCompared && 'capacity → '}ours at the end</th><th scope="col">ours, from – to</th><th scope="col">highest demand</th>${isCompared && markup`<th scope="col">at the limit → with ours</th>`}<th scope="col">time above ours</th><th scope="col">resizes a day</th><th scope="col">$ a month</th></tr></thead>
<tbody>${rows.map((row) => rowOf(row, isCompared))}</tbody></table></div>`;
}

function rowOf({ vm, history }: SizeRow, isCompared: boolean): Markup {
  const { meter, before, ours, demand, hours, largeResizesPerDay, resizesPerDay } = history;
  const range = `${formatValue(meter, ours.low)} – ${formatValue(meter, ours.high)}`;
  const size = before === undefined ? formatValue(meter, ours.last) : formatChange(meter, before.last, ours.last);
  const resizes = markup`<span title="${countWords(largeResizesPerDay)} by a tenth or more">${countWords(resizesPerDay)}</span>`;
  return markup`<tr><th scope="row">${vm}</th><td class="left">${meterName(meter)}</td><td>${size}</td><td>${range}</td><td>${formatValue(meter, demand.peak)}</td>${isCompared && limitCell(history)}<td>${percentWords(ours.shortHours / hours)}</td><td>${resizes}</td><td>${costWords(before, ours)}</td></tr>`;
}

/** Hours at the limit before and with ours, good or bad by which is more. */
function limitCell({ before, limit }: MeterHistory): Markup {
  const [was, remaining, added] = [before?.shortHours ?? 0, limit?.remaining ?? 0, limit?.added ?? 0];
  const words = `${hourWords(remaining)} as before, ${hourWords(added)} because of a smaller size`;
  const mood = remaining + added < was ? 'good' : 'bad';
  return markup`<td class="${remaining + added === was ? '' : mood}" title="${words}">${hourWords(was)} → ${hourWords(remaining + added)}</td>`;
}

function costWords(before: Sizing | undefined, ours: Sizing): string {
  if (ours.costPerMonth === undefined) return '–';
  const now = dollarWords(ours.costPerMonth);
  return before?.costPerMonth === undefined ? now : `${dollarWords(before.costPerMonth)} → ${now}`;
}

const savedBy = ({ before, ours }: MeterHistory): number =>
  before?.costPerMonth === undefined ? -Infinity : before.costPerMonth - (ours.costPerMonth ?? 0);

/** The hours in which our sizes would have been shortest: of each meter those with the most demand above, over all VMs. */
export function shortHoursTable(vms: readonly VmHistory[]): Markup {
  const all = vms.flatMap(({ vm, meters }) =>
    meters.flatMap(({ meter, shortHours }) => shortHours.map((hour) => ({ vm, meter, hour }))),
  );
  const worst = METERS.flatMap((meter) =>
    all
      .filter((row) => row.meter === meter)
      .sort((left, right) => right.hour.amount - left.hour.amount)
      .slice(0, SHORT_HOURS),
  );
  if (worst.length === 0)
    return markup`<div class="card"><h3>Worst hours</h3><p>No hour with demand above our sizes.</p></div>`;
  const rows = worst.map(
    ({ vm, meter, hour }) =>
      markup`<tr><th scope="row">${vm}</th><td class="left">${meterName(meter)}</td><td>${whenWords(hour)}</td><td>${percentWords(hour.unserved)}</td><td>${minuteWords(hour)}</td><td>${formatValue(meter, hour.demand)}</td><td>${formatValue(meter, hour.ours)}</td><td>${formatValue(meter, hour.capacity)}</td></tr>`,
  );
  return markup`<div class="card wide"><h3>Worst hours: where our sizes would have been short</h3><table class="vms">
<thead><tr><th scope="col">VM</th><th scope="col" class="left">meter</th><th scope="col">hour (UTC)</th><th scope="col">demand above ours</th><th scope="col">time above</th><th scope="col">demand then</th><th scope="col">ours</th><th scope="col">capacity</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

const minuteWords = ({ seconds }: ShortHour): string =>
  seconds < 120 ? `${countWords(seconds)} s` : `${countWords(seconds / 60)} min`;

function whenWords({ at }: ShortHour): string {
  if (at < FIRST_DATE) return `hour ${countWords(at / 3_600_000)}`;
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
