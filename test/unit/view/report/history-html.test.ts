import type { HistoryReport, MeterHistory, Sizing } from '../../../../lib/core/score/history.ts';
import { historyHtml } from '../../../../lib/view/report/history-html.ts';
import { historyTotals } from '../../../../lib/view/report/history-totals.ts';

const aSizing = (sizing: Partial<Sizing> = {}): Sizing => ({
  mean: 2,
  low: 1,
  high: 3,
  last: 2,
  shortHours: 0,
  slack: 0.5,
  ...sizing,
});
const aMeter = (meter: Partial<MeterHistory> = {}): MeterHistory => ({
  meter: 'cpu',
  hours: 240,
  demand: { mean: 1, peak: 3 },
  ours: aSizing({ costPerMonth: 60 }),
  peak: aSizing({ costPerMonth: 90 }),
  resizesPerDay: 6,
  largeResizesPerDay: 2,
  shortHours: [],
  ...meter,
});
const compared = (meter: Partial<MeterHistory> = {}): MeterHistory =>
  aMeter({
    before: aSizing({ last: 4, shortHours: 10, costPerMonth: 120 }),
    limit: { avoided: 9, remaining: 1, added: 2 },
    ...meter,
  });
const aReport = (...meters: MeterHistory[][]): HistoryReport => ({
  terms: {
    command: 'shadowcast backtest --report r.html',
    risk: 0.01,
    leadSeconds: 300,
    holdSeconds: 3_600,
    warmUpSeconds: 604_800,
    prices: { source: 'a test', date: '2026-01-01', perUnitHour: { cpu: 0.04 } },
  },
  vms: meters.map((own, n) => ({ vm: `web-${n}`, from: 0, until: 864_000_000, meters: own })),
});
const titleOf = (html: string): string => /<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? '';

describe('historyHtml', () => {
  it('is titled with what would have changed', () => {
    const html = historyHtml(aReport([compared()], [compared({ meter: 'memory' })]));

    expect(titleOf(html)).toBe(
      'What would have changed for these 2 VMs: 6 h short or at the limit instead of 20 h, $120.00 a month less',
    );
    expect(html).toContain('4 → 2 vCPU');
    expect(html).toContain('10 h → 3 h');
    expect(html).not.toMatch(/<link|<img|<script|\bsrc=|url\(/);
  });

  it('says so when ours would have cost more', () => {
    const dearer = compared({ ours: aSizing({ costPerMonth: 150 }) });

    expect(titleOf(historyHtml(aReport([dearer])))).toContain('$30.00 a month more');
  });

  it('compares with static peak alone when the trace says no capacity', () => {
    const html = historyHtml(aReport([aMeter({ ours: aSizing({ shortHours: 2.4, costPerMonth: 60 }) })]));

    expect(titleOf(html)).toBe('What this VM would have had: demand above the size in 1.0 % of the time');
    expect(html).toContain('give cpu_capacity and memory_capacity');
    expect(html).toContain('a month at static peak; ours $60.00');
  });

  it('lists the hours in which ours was shortest, each meter its own', () => {
    const hour = { at: Date.parse('2026-11-01T08:00Z'), seconds: 600, demand: 3, ours: 2, amount: 600, unserved: 0.1 };

    const html = historyHtml(aReport([compared({ shortHours: [hour, { ...hour, amount: 900, seconds: 60 }] })]));

    expect(
      [...html.matchAll(/<td>2026-11-01 08:00<\/td><td>10 %<\/td><td>(.*?)<\/td>/g)].map(([, time]) => time),
    ).toEqual(['60 s', '10 min']);
  });

  it('shows names from strangers as text', () => {
    const report = aReport([compared()]);

    const html = historyHtml({ ...report, vms: report.vms.map((vm) => ({ ...vm, vm: '<script>x</script>' })) });

    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;');
  });
});

describe('historyTotals', () => {
  it('adds money only where both sides have a price, and resizes over days', () => {
    const unpriced = compared({ meter: 'memory', before: aSizing(), ours: aSizing(), hours: 120 });

    const totals = historyTotals(aReport([compared(), unpriced], [aMeter()]));

    expect(totals.money).toEqual({ before: 120, ours: 60, peak: 270, oursAll: 120 });
    expect(totals.vmDays).toBe(20);
    // 6 a day over 10, 5 and 10 days
    expect(totals.resizesPerVmDay).toBe((60 + 30 + 60) / 20);
  });
});
