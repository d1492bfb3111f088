import type { Meter } from '../../core/meter.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import { changeWords, outcomeWords } from '../decision-words.ts';
import type { DecisionView, FleetView, MeterView, VmView } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';
import { formatOf } from '../quantity.ts';
import { sparkSvg } from '../svg/spark.ts';
import { vmLink } from './vm-link.ts';

/** A column of the table: one resource, a line for each of its meters. */
const COLUMNS: readonly { readonly title: string; readonly meters: readonly (readonly [Meter, string])[] }[] = [
  { title: 'CPU', meters: [['cpu', '']] },
  { title: 'Memory', meters: [['memory', '']] },
  {
    title: 'Disk',
    meters: [
      ['disk_read', 'read'],
      ['disk_write', 'write'],
    ],
  },
  {
    title: 'Network',
    meters: [
      ['net_rx', 'in'],
      ['net_tx', 'out'],
    ],
  },
];

const SPARK_PAST_MS = 60_000;
const SPARK = { single: { width: 132, height: 26 }, half: { width: 56, height: 18 } } as const;
const CURRENT = markup` aria-current="true"`;

/**
 * The fleet as a table; the row of the VM `shown` elsewhere is marked. Parts have a `data-key`, so that a page can renew
 * only what changed.
 */
export function fleetHtml(fleet: FleetView, shown?: VmId): Markup {
  if (fleet.vms.length === 0) {
    return markup`<p class="empty" data-key="empty">No frame has arrived yet. The first shadows appear within seconds of the first traces.</p>`;
  }
  const titles = COLUMNS.map(({ title }) => markup`<th scope="col">${title}</th>`);
  const rows = fleet.vms.map((vm) => rowHtml(vm, fleet.at, vm.vm === shown));
  return markup`<table data-key="fleet"><caption class="unseen" data-key="caption">Virtual machines with their demand, limits and last decision</caption><thead data-key="head"><tr><th scope="col">VM</th>${titles}<th scope="col">Last decision</th></tr></thead><tbody data-key="body">${rows}</tbody></table>`;
}

function rowHtml(vm: VmView, now: EpochMs, isShown: boolean): Markup {
  const sub = [vm.host, vm.state === 'running' ? [] : vm.state, vm.policy ?? 'no policy'].flat().join(' · ');
  const cells = COLUMNS.map(({ title, meters }) => {
    const lines = meters.map(([meter, label]) => lineHtml({ view: vm.meters[meter], label, now }));
    return markup`<td data-key="${title}" class="${meters.length > 1 ? 'pair' : 'single'}">${lines}</td>`;
  });
  return markup`<tr data-key="${vm.vm}" data-vm="${vm.vm}" class="${vm.state}"><th scope="row" data-key="name"><a href="${vmLink(vm.vm)}"${isShown && CURRENT}><span class="dot ${vm.state}"></span>${vm.name}</a><span class="sub">${sub}</span></th>${cells}<td data-key="decision" class="decision">${lastDecisionHtml(vm.decisions[0])}</td></tr>`;
}

interface Line {
  readonly view: MeterView | undefined;
  readonly label: string;
  readonly now: EpochMs;
}

function lineHtml({ view, label, now }: Line): Markup {
  const name = label !== '' && markup`<i>${label}</i> `;
  if (view === undefined) return markup`<div class="meter none"><span class="value">${name}–</span></div>`;
  const last = view.points.at(-1);
  const size = label === '' ? SPARK.single : SPARK.half;
  const isShort = last?.allocation !== undefined && last.demandHigh > last.allocation;
  const value = formatOf(view.meter, last?.demandHigh, last?.allocation);
  return markup`<div class="meter">${sparkSvg(view, { ...size, now, past: SPARK_PAST_MS })}<span class="value ${isShort && 'short'}">${name}${value}</span></div>`;
}

function lastDecisionHtml(decision: DecisionView | undefined): Markup {
  if (decision === undefined) return markup`<span class="sub">no resize yet</span>`;
  return markup`<span class="change" title="${decision.because}">${changeWords(decision)}</span><span class="sub">${outcomeWords(decision)}</span>`;
}
