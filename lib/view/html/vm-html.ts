import { METERS_OF, RESOURCES, type Meter, type Resource } from '../../core/meter.ts';
import type { MeterDecision } from '../../core/policy/decision.ts';
import { levelWords } from '../../core/policy/quantity-words.ts';
import type { EpochMs } from '../../core/units.ts';
import { decisionWords, changeWords, outcomeWords } from '../decision-words.ts';
import type { DecisionView, MeterView, VmView } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';
import { formatOf, formatValue } from '../quantity.ts';
import { chartSvg } from '../svg/chart.ts';

export interface VmHtmlOptions {
  readonly now: EpochMs;
  /** Width of one chart in pixels. */
  readonly chartWidth: number;
}

const CHART_PAST_MS = 75_000;
/** A resource with two directions has two charts in the room of one. */
const CHART_HEIGHT = { single: 208, half: 92 } as const;
const METER_TITLES: Readonly<Record<Meter, string>> = {
  cpu: 'CPU',
  memory: 'Memory',
  disk_read: 'Disk read',
  disk_write: 'Disk write',
  net_rx: 'Network in',
  net_tx: 'Network out',
};

/** One primary: why it was last resized, four charts, and all its decisions with their reasons. */
export function vmHtml(vm: VmView, options: VmHtmlOptions): Markup {
  const facts = factsOf(vm).map(([name, value]) => markup`<span><b>${name}</b> ${value}</span>`);
  const cards = RESOURCES.map((resource) => cardHtml(vm, resource, options));
  return markup`<header class="vm-head" data-key="head"><a class="back" href="#/">All VMs</a><h2><span class="dot ${vm.state}"></span>${vm.name}</h2><p class="facts">${facts}</p></header><div class="charts" data-key="charts">${cards}</div><section class="decisions" data-key="decisions" aria-label="Decisions"><h3 data-key="title">Decisions</h3>${decisionsHtml(vm)}</section>`;
}

function factsOf(vm: VmView): readonly (readonly [string, string])[] {
  return [
    ['state', vm.state],
    ['host', vm.host],
    ['policy', vm.policy ?? 'none'],
    ['actuator', vm.actuator],
    ...(vm.image === undefined ? [] : [['image', vm.image] as const]),
  ];
}

function cardHtml(vm: VmView, resource: Resource, options: VmHtmlOptions): Markup {
  const meters = METERS_OF[resource];
  const height = meters.length > 1 ? CHART_HEIGHT.half : CHART_HEIGHT.single;
  const charts = meters.map((meter) => chartHtml(vm, meter, { ...options, height }));
  return markup`<article class="card" data-key="${resource}" aria-label="${resource}">${charts}</article>`;
}

function chartHtml(vm: VmView, meter: Meter, options: VmHtmlOptions & { readonly height: number }): Markup {
  const view = vm.meters[meter];
  if (view === undefined) return markup`<p class="none" data-key="${meter}"><b>${METER_TITLES[meter]}</b> no data</p>`;
  const last = view.points.at(-1);
  const { now, chartWidth: width, height } = options;
  const chart = chartSvg(view, { width, height, now, past: CHART_PAST_MS, decisions: vm.decisions, of: vm.name });
  const value = formatOf(meter, last?.demandHigh, last?.allocation);
  return markup`<figure data-key="${meter}" data-meter="${meter}"><figcaption><b>${METER_TITLES[meter]}</b> <span class="value">${value}</span>${expectedHtml(view)}</figcaption>${chart}${verdictHtml(view.verdict)}</figure>`;
}

function expectedHtml({ meter, forecast }: MeterView): Markup | false {
  const value = forecast?.values.at(-1);
  const level = forecast?.levels.at(-1);
  if (value === undefined || level === undefined) return false;
  return markup`<span class="expected">forecast ${levelWords(level)} ${formatValue(meter, value)}</span>`;
}

function verdictHtml(verdict: MeterDecision | undefined): Markup | false {
  if (verdict === undefined) return false;
  const words = verdict.kind === 'resize' ? decisionWords(verdict) : verdict.because;
  return markup`<p class="verdict" title="${words}"><b>${verdict.kind} · ${verdict.rule}</b> ${words}</p>`;
}

function decisionsHtml(vm: VmView): Markup {
  if (vm.decisions.length === 0) {
    return markup`<p class="sub" data-key="none">No resize was needed yet. Under each chart is the reason why nothing moves.</p>`;
  }
  return markup`<ol data-key="list">${vm.decisions.map(decisionHtml)}</ol>`;
}

function decisionHtml(decision: DecisionView): Markup {
  const state = decision.outcome?.state ?? 'open';
  const at = new Date(decision.at).toISOString();
  return markup`<li data-key="${decision.id}" class="${state}"><time datetime="${at}" data-clock="${decision.at}">${at.slice(11, 19)}</time><span class="change">${changeWords(decision)}</span><span class="rule">${decision.rule}</span><span class="because">${decision.because}${decision.times > 1 && ` (decided ${decision.times} times)`}</span><span class="outcome ${state}">${outcomeWords(decision)}</span></li>`;
}
