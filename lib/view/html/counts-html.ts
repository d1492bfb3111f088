import type { FleetSummary } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';

/** The numbers at the top of a page. */
export function countsHtml(counts: FleetSummary): Markup {
  const plans: readonly (readonly [string, number])[] = [
    ['refused', counts.refused],
    ['rolled back', counts.rolledBack],
    ['failed', counts.failed],
  ];
  const rows: readonly (readonly [string, string, string?])[] = [
    ['VMs', String(counts.running)],
    ['frames', grouped(counts.frames)],
    ['forecasts', grouped(counts.forecasts)],
    ['resizes', grouped(counts.applied)],
    ...plans.flatMap(([name, count]) => (count === 0 ? [] : [[name, grouped(count), 'bad'] as const])),
    ['sample to effect p50', latency(counts.p50Ms)],
    ['p99', latency(counts.p99Ms)],
  ];
  return markup`${rows.map(([name, value, kind]) => markup`<div data-key="${name}" class="${kind ?? ''}"><dd>${value}</dd><dt>${name}</dt></div>`)}`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function latency(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–';
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`;
}
