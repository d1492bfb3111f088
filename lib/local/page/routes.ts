import { randomBytes } from 'node:crypto';
import type { Fleet } from '../../view/fleet-model.ts';
import { fleetHtml } from '../../view/html/fleet-html.ts';
import { vmHtml } from '../../view/html/vm-html.ts';
import { pageHtml } from './page-html.ts';

/** A response that is not a stream. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Source = Pick<Fleet, 'view' | 'summary'>;

/** Chart widths that make sense on a screen, in pixels; what a page asks for is held to them. */
const CHART_WIDTH = { min: 240, max: 1_600, usual: 480 } as const;

/** Answers a GET: the page, its fragments, the same as JSON, and whether all is well. */
export function answer(target: string, fleet: Source): Answer {
  const [path = '/', query = ''] = target.split('?', 2);
  const asked = new URLSearchParams(query);
  if (path === '/') return page();
  if (path === '/healthz') return { status: 200, type: 'text/plain', body: 'ok\n' };
  if (path === '/api/fleet') return json(fleet.view());
  if (path === '/fragments/fleet') return html(fleetHtml(fleet.view(), asked.get('shown') ?? undefined).text);
  if (path.startsWith('/api/vms/')) return ofVm(path.slice('/api/vms/'.length), fleet, ([vm]) => json(vm));
  if (path.startsWith('/fragments/vms/')) {
    const chartWidth = widthOf(asked.get('width'));
    return ofVm(path.slice('/fragments/vms/'.length), fleet, ([vm, now]) => html(vmHtml(vm, { now, chartWidth }).text));
  }
  return { status: 404, type: 'text/plain', body: 'no such page\n' };
}

type Shown = readonly [vm: ReturnType<Source['view']>['vms'][number], now: number];

function ofVm(encoded: string, fleet: Source, show: (shown: Shown) => Answer): Answer {
  const name = decoded(encoded);
  const view = name === undefined ? undefined : fleet.view(name);
  const vm = view?.vms[0];
  if (view === undefined || vm === undefined) return { status: 404, type: 'text/plain', body: 'no such vm\n' };
  return show([vm, view.at]);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function widthOf(asked: string | null): number {
  const width = Math.round(Number(asked ?? CHART_WIDTH.usual));
  if (!Number.isFinite(width)) return CHART_WIDTH.usual;
  return Math.min(CHART_WIDTH.max, Math.max(CHART_WIDTH.min, width));
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function html(body: string): Answer {
  return {
    status: 200,
    type: 'text/html',
    body,
    headers: { 'content-security-policy': "default-src 'none'; sandbox" },
  };
}

function page(): Answer {
  const nonce = randomBytes(18).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    status: 200,
    type: 'text/html',
    body: pageHtml(nonce),
    headers: { 'content-security-policy': policy, 'x-frame-options': 'DENY' },
  };
}
