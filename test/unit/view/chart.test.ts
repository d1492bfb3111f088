import { readFileSync, writeFileSync } from 'node:fs';
import type { MeterView } from '../../../lib/view/fleet.ts';
import { chartSvg } from '../../../lib/view/svg/chart.ts';
import { sparkSvg } from '../../../lib/view/svg/spark.ts';
import { aDecisionView, aMeterView, expectWellFormed, T0 } from '../../support/view-builders.ts';

const size = { width: 480, height: 200, now: T0, past: 30_000 };

/** Compares with a committed picture, or rewrites it with UPDATE_GOLDEN=1. */
const expectGolden = (name: string, text: string) => {
  const file = new URL(`../../golden/view/${name}`, import.meta.url);
  // one element a line: a change reads as a change of that element
  const lines = `${text.replaceAll('><', '>\n<')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, lines);
  expect(lines).toBe(readFileSync(file, 'utf8'));
};

const pathOf = (svg: string, kind: string) => new RegExp(`class="${kind}" d="([^"]*)"`).exec(svg)?.[1] ?? '';

describe('chartSvg', () => {
  it('draws demand, limit, fan and decisions as committed', () => {
    const decisions = [aDecisionView({ to: 2 }), aDecisionView({ meter: 'memory' })];

    expectGolden(
      'cpu-chart.svg',
      chartSvg(aMeterView('cpu', 1), { ...size, decisions, of: 'web', standalone: true }).text,
    );
    expectGolden('memory-chart.svg', chartSvg(aMeterView('memory', 3 * 2 ** 28), { ...size, height: 92 }).text);
  });

  it('is a picture with a name and a description', () => {
    const svg = chartSvg(aMeterView('cpu', 1), { ...size, of: 'web' }).text;

    expectWellFormed(svg);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('<title>web: cpu</title>');
    expect(svg).toContain('<desc>demand 1.5 / 2 vCPU; at most 1.9 vCPU expected within 10 s (p99)</desc>');
  });

  it('refers to nothing outside itself', () => {
    const svg = chartSvg(aMeterView('cpu', 1), { ...size, standalone: true }).text;

    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|url\(|<script/);
  });

  it('draws a limit far above demand as a name, so that demand stays readable', () => {
    const meter = aMeterView('net_rx', 2 ** 20);
    const points = meter.points.map((point) => ({ ...point, allocation: 100 * 2 ** 20 }));
    const svg = chartSvg({ ...meter, points }, size).text;

    expect(svg).toContain('▲ limit 100 MiB/s');
    expect(svg).not.toContain('class="limit"');
  });

  it('draws nothing of a meter without samples but its axes', () => {
    const empty: MeterView = { meter: 'cpu', points: [], pastForecasts: [] };
    const svg = chartSvg(empty, size).text;

    expect(svg).toContain('<desc>no sample yet</desc>');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(pathOf(svg, 'demand')).toBe('');
  });

  it('leaves a hole where frames are missing', () => {
    const meter = aMeterView('cpu', 1);
    const points = meter.points.filter((_, second) => second < 10 || second > 20);
    const svg = chartSvg({ ...meter, points }, size).text;

    expect(svg.match(/class="demand"/g)).toHaveLength(2);
  });

  it('shows a band only where use was capped', () => {
    const meter = aMeterView('cpu', 1);
    const points = meter.points.map((point) => ({ ...point, demandHigh: point.demandLow }));
    const bands = (view: MeterView) => chartSvg(view, size).text.match(/class="capped"/g) ?? [];

    expect(bands(meter)).toHaveLength(1);
    expect(bands({ ...meter, points })).toHaveLength(0);
  });
});

describe('sparkSvg', () => {
  it('draws demand and limit as committed', () => {
    expectGolden(
      'cpu-spark.svg',
      sparkSvg(aMeterView('cpu', 1), { width: 132, height: 26, now: T0, past: 60_000 }).text,
    );
  });
});
