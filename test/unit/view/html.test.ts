import { countsHtml } from '../../../lib/view/html/counts-html.ts';
import { fleetHtml } from '../../../lib/view/html/fleet-html.ts';
import { vmHtml } from '../../../lib/view/html/vm-html.ts';
import { escapeText, markup } from '../../../lib/view/markup.ts';
import { aDecisionView, aHold, aMeterView, aResize, aSummary, aVmView, T0 } from '../../support/view-builders.ts';

const HOSTILE = `"><script>alert('x')</script>&`;
const fleetOf = (...vms: ReturnType<typeof aVmView>[]) => ({ at: T0, vms, counts: aSummary() });

describe('markup', () => {
  it('escapes what is interpolated and keeps what is markup', () => {
    expect(markup`<b title="${HOSTILE}">${[1, markup`<i>${'<'}</i>`]}${false}${undefined}</b>`.text).toBe(
      '<b title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">1<i>&lt;</i></b>',
    );
  });

  it('replaces characters that no XML document may have', () => {
    expect(escapeText('a\u0000b\u001b\ud800c')).toBe('a\ufffdb\ufffd\ufffdc');
  });
});

describe('fleetHtml', () => {
  it('says for each vm its demand of its limit and why it was last resized', () => {
    const html = fleetHtml(fleetOf(aVmView())).text;

    expect(html).toContain('href="#/vm/kvm1%2Fweb"');
    expect(html).toContain('1.5 / 2 vCPU');
    expect(html).toContain('title="forecast p95 1.42 vCPU in 5 s does not fit 1 vCPU">cpu 1 → 1.5 vCPU');
    expect(html).toContain('in force after 400 ms');
  });

  it('marks the vm that is shown', () => {
    const two = fleetOf(aVmView(), aVmView({ vm: 'kvm1/db', name: 'db' }));

    expect(fleetHtml(two).text).not.toContain('aria-current');
    expect(fleetHtml(two, 'kvm1/db').text).toMatch(/href="#\/vm\/kvm1%2Fdb" aria-current="true"/);
  });

  it('marks demand above the limit', () => {
    const cpu = aMeterView('cpu', 1);
    const short = { ...cpu, points: cpu.points.slice(0, 20) };

    expect(fleetHtml(fleetOf(aVmView({ meters: { cpu } }))).text).not.toContain('value short');
    expect(fleetHtml(fleetOf(aVmView({ meters: { cpu: short } }))).text).toContain('value short');
  });

  it('says that it waits while no frame has come', () => {
    expect(fleetHtml(fleetOf()).text).toContain('No frame has arrived yet');
  });

  it('takes every name for text', () => {
    const vm = aVmView({ vm: HOSTILE, name: HOSTILE, host: HOSTILE, policy: HOSTILE, image: HOSTILE });
    const decisions = [aDecisionView({ because: HOSTILE, outcome: { state: 'failed', because: HOSTILE } })];
    const meters = { cpu: { ...aMeterView('cpu', 1), verdict: aHold({ because: HOSTILE }) } };
    const hostile = { ...vm, decisions, meters };
    const html = fleetHtml(fleetOf(hostile), HOSTILE).text + vmHtml(hostile, { now: T0, chartWidth: 480 }).text;

    expect(html).not.toContain('<script');
    expect(html).not.toContain(`"><` + 'script');
    expect(html).toContain('&lt;script&gt;');
  });
});

describe('vmHtml', () => {
  it('has a chart for each meter that is known and says of the others that there is no data', () => {
    const html = vmHtml(aVmView(), { now: T0, chartWidth: 480 }).text;

    expect([...html.matchAll(/data-meter="(\w+)"/g)].map((match) => match[1])).toEqual(['cpu', 'memory']);
    expect(html).toContain('<b>Network out</b> no data');
  });

  it('says of each decision when, what, by which rule, why, and what came of it', () => {
    const refused = aDecisionView({ id: '2', times: 3, outcome: { state: 'refused', because: 'the host is full' } });
    const html = vmHtml(aVmView({ decisions: [refused] }), { now: T0, chartWidth: 480 }).text;

    expect(html).toContain('<time datetime="2023-11-14T22:13:09.600Z"');
    expect(html).toContain('cpu 1 → 1.5 vCPU');
    expect(html).toContain('<span class="rule">sizing</span>');
    expect(html).toContain('forecast p95 1.42 vCPU in 5 s does not fit 1 vCPU (decided 3 times)');
    expect(html).toContain('refused: the host is full');
  });

  it.each([
    ['decided', { mode: 'auto' }],
    ['recommended only', { mode: 'recommend' }],
    ['waits for approval', { mode: 'approve' }],
    ['under way', { mode: 'auto', planId: 'plan-1' }],
  ] as const)('says %p of a decision that is %p and has no outcome', (words, parts) => {
    const open = { ...aResize(), id: '1', at: T0, lastAt: T0, times: 1 };
    const html = vmHtml(aVmView({ decisions: [{ ...open, ...parts }] }), { now: T0, chartWidth: 480 }).text;

    expect(html).toContain(`<span class="outcome open">${words}</span>`);
  });
});

describe('countsHtml', () => {
  it('has failures only when there are some', () => {
    expect(countsHtml(aSummary({ refused: 0 })).text).not.toMatch(/failed|refused|rolled back/);
    expect(countsHtml(aSummary({ failed: 2 })).text).toMatch(/class="bad"><dd>2<\/dd><dt>failed/);
  });

  it('writes latencies in milliseconds below a second and in seconds above', () => {
    const html = countsHtml(aSummary({ p50Ms: 412.4, p99Ms: 1_234 })).text;

    expect(html).toContain('<dd>412 ms</dd>');
    expect(html).toContain('<dd>1.23 s</dd>');
  });
});
