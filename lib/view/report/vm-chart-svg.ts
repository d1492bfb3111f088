import type { Meter } from '../../core/meter.ts';
import { levelWords } from '../../core/policy/quantity-words.ts';
import type { VmChart } from '../../core/score/comparison.ts';
import type { EpochMs } from '../../core/units.ts';
import { markup, type Markup } from '../markup.ts';
import { formatNumber, unitFor } from '../quantity.ts';
import { ink } from '../svg/palette.ts';
import { bandPath, linePath, steps, type Spot } from '../svg/path.ts';
import { linear, niceTicks, timeStep, type Scale } from '../svg/scale.ts';

const SIZE = { width: 1100, height: 300 } as const;
const MARGIN = { top: 20, right: 8, bottom: 22, left: 46 } as const;
/** Capacities above this many times the highest demand are cut off: the demand must stay readable. */
const OFF_SCALE = 3;
/** Earlier times are counted from a trace's own start, they are no dates. */
const FIRST_DATE: EpochMs = 1e11;

/**
 * One VM over time: demand as a ribbon from the lowest to the highest of each slice of time, the forecast as bands between its
 * quantiles, our capacity and the best peer's as staircases.
 */
export function vmChartSvg(meter: Meter, chart: VmChart): Markup {
  const { unit, top, marks } = axisOf(meter, chart);
  const [from, until] = [chart.times[0] ?? 0, chart.times.at(-1) ?? 1];
  const x = linear([from, until], [MARGIN.left, SIZE.width - MARGIN.right]);
  const up = linear([0, top], [SIZE.height - MARGIN.bottom, MARGIN.top]);
  const y: Scale = (value) => up(Math.min(value, top));
  const rows = marks.map(
    (mark) => markup`<path d="M${MARGIN.left} ${y(mark * unit.size)}H${SIZE.width - MARGIN.right}"/>`,
  );
  const values = marks.map(
    (mark) => markup`<text x="${MARGIN.left - 6}" y="${y(mark * unit.size) + 4}">${formatNumber(mark)}</text>`,
  );
  const slices = slicesOf(chart);
  const lines = [
    { values: slices.peer, colour: ink('muted'), width: 1.25, dash: '4 2' },
    { values: slices.ours, colour: ink('limit'), width: 1.75, dash: '' },
  ].map(
    ({ values: capacity, colour, width, dash }) =>
      markup`<path d="${stairs(slices.times, capacity, { x, y })}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/>`,
  );
  const muted = ink('muted');
  return markup`<svg role="img" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12"><title>${chart.vm}: demand, forecast, our capacity and that of the best peer</title><g stroke="${ink('grid')}" fill="none">${rows}</g><g fill="${muted}" text-anchor="end">${values}</g>${timesSvg(from, until, x)}<text x="0" y="11" fill="${muted}">${unit.name}</text>${bandsSvg(slices, { x, y })}${lines}${demandSvg(slices, { x, y })}</svg>`;
}

function axisOf(
  meter: Meter,
  { demand, ours, peer }: VmChart,
): { unit: ReturnType<typeof unitFor>; top: number; marks: readonly number[] } {
  const highest = highestOf(demand);
  const limit = highest > 0 ? OFF_SCALE * highest : Infinity;
  const most = Math.max(highest, highestOf([...ours, ...peer].filter((value) => value !== null && value <= limit)));
  const unit = unitFor(meter, most);
  const marks = niceTicks(most / unit.size, 4);
  return { unit, top: (marks.at(-1) ?? 1) * unit.size, marks };
}

const highestOf = (values: readonly (number | null)[]): number =>
  values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

/** A chart slice by slice: the lowest and the highest demand, of everything else the highest. */
interface Slices extends Omit<VmChart, 'demand'> {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

function slicesOf({ times, demand, ours, peer, quantiles, ...rest }: VmChart): Slices {
  const highest = (values: readonly (number | null)[]) => oneForEach(times, values, (value, before) => value > before);
  return {
    ...rest,
    times: [...new Set(times)],
    low: oneForEach(times, demand, (value, before) => value < before),
    high: highest(demand),
    ours: highest(ours),
    peer: highest(peer),
    quantiles: quantiles.map(({ level, values }) => ({ level, values: highest(values) })),
  };
}

/** One value for each slice of time: of its two rows the better one. */
function oneForEach(
  times: readonly EpochMs[],
  values: readonly (number | null)[],
  isBetter: (value: number, before: number) => boolean,
): (number | null)[] {
  const best = new Map<EpochMs, number | null>();
  for (const [index, at] of times.entries()) {
    const [before, value] = [best.get(at) ?? null, values[index] ?? null];
    best.set(at, before === null || (value !== null && isBetter(value, before)) ? value : before);
  }
  return [...best.values()];
}

/** Demand as a ribbon from the lowest to the highest of each slice: a line where a slice is one sample. */
function demandSvg({ times, low, high }: Slices, { x, y }: Scales): Markup {
  const floor = new Map(times.map((at, index) => [at, low[index] ?? 0]));
  const path = runsOf(times, high).map((upper) =>
    bandPath(
      upper,
      upper.map(([at]): Spot => [at, floor.get(at) ?? 0]),
      x,
      y,
    ),
  );
  const colour = ink('demand');
  return markup`<path d="${path.join('')}" fill="${colour}" fill-opacity=".35" stroke="${colour}" stroke-width="1" stroke-linejoin="round"/>`;
}

/** The bands between neighbouring quantiles, lighter the less likely. */
function bandsSvg({ times, quantiles }: Slices, { x, y }: Scales): Markup {
  const bands = quantiles.slice(1).map(({ level, values }, index) => {
    const below = quantiles[index]?.values ?? [];
    const known = values.map((value, at) => (below[at] === null ? null : value));
    const floor = new Map(times.map((at, place) => [at, below[place] ?? 0]));
    const path = runsOf(times, known).map((upper) => {
      const lower = upper.map(([at]): Spot => [at, floor.get(at) ?? 0]);
      return bandPath(upper, lower, x, y);
    });
    const fade = (0.5 - (0.38 * index) / Math.max(1, quantiles.length - 2)).toFixed(2);
    return markup`<path d="${path.join('')}" fill-opacity="${fade}"><title>forecast ${levelWords(level)}</title></path>`;
  });
  return markup`<g fill="${ink('forecast')}">${bands}</g>`;
}

/** Spots of the known values, cut where one is unknown. */
function runsOf(times: readonly EpochMs[], values: readonly (number | null)[]): Spot[][] {
  const runs: Spot[][] = [[]];
  for (const [index, at] of times.entries()) {
    const value = values[index] ?? null;
    if (value !== null) runs.at(-1)?.push([at, value]);
    else if (runs.at(-1)?.length !== 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

const stairs = (times: readonly EpochMs[], values: readonly (number | null)[], { x, y }: Scales): string =>
  runsOf(times, values)
    .map((run) => linePath(steps(run, run.at(-1)?.[0] ?? 0), x, y))
    .join('');

function timesSvg(from: EpochMs, until: EpochMs, x: Scale): Markup {
  const step = timeStep(until - from, 10);
  const isDate = from >= FIRST_DATE;
  const texts: Markup[] = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    const place = Math.min(SIZE.width - 24, Math.max(MARGIN.left + 16, x(at)));
    texts.push(markup`<text x="${place}" y="${SIZE.height - 5}">${isDate ? dateWords(at, step) : ageWords(at)}</text>`);
  }
  return markup`<g fill="${ink('muted')}" text-anchor="middle">${texts}</g>`;
}

const DAY = 86_400_000;

function dateWords(at: EpochMs, step: number): string {
  const iso = new Date(at).toISOString();
  if (step >= DAY) return iso.slice(5, 10);
  return at % DAY === 0 ? iso.slice(5, 10) : iso.slice(11, step < 60_000 ? 19 : 16);
}

function ageWords(at: EpochMs): string {
  const seconds = at / 1_000;
  if (seconds >= 172_800) return `${Number((seconds / 86_400).toFixed(1))} d`;
  if (seconds >= 7_200) return `${Number((seconds / 3_600).toFixed(1))} h`;
  return seconds >= 300 ? `${Number((seconds / 60).toFixed(1))} min` : `${seconds} s`;
}
