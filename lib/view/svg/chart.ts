import { levelWords } from '../../core/policy/quantity-words.ts';
import { outcomeWords } from '../decision-words.ts';
import type { DecisionView, MeterView, Point } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';
import { formatChange, formatNumber, formatOf, formatValue, meterName } from '../quantity.ts';
import { fanSvg } from './fan.ts';
import { ink, paletteCss } from './palette.ts';
import { gapOf, MARGIN, plotOf, type ChartOptions, type Plot } from './plot.ts';
import { bandPath, linePath, splitAtGaps, steps, type Spot } from './path.ts';
import { relativeTime, timeStep } from './scale.ts';

/**
 * Demand, limit and forecast of one meter over time, as an SVG document without anything from outside.
 *
 * Demand is a line; where use was capped and demand is only known to lie in an interval, a band above it. The limit in force
 * is a staircase. The forecast is a fan: bands between its quantiles of the maximum over its window. A thin dashed line is
 * what was forecast earlier for each moment. Triangles are resizes that were decided.
 */
export function chartSvg(meter: MeterView, options: ChartOptions): Markup {
  const { width, height, standalone = false } = options;
  const plot = plotOf(meter, options);
  const title = [options.of, meterName(meter.meter)].filter((part) => part !== undefined).join(': ');
  return markup`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="11"><title>${title}</title><desc>${describe(meter)}</desc>${standalone && styleSvg()}${gridSvg(plot, options)}${demandSvg(meter, plot)}${pastSvg(meter, plot)}${fanSvg(meter, plot)}${limitSvg(meter, plot)}${decisionsSvg(meter, plot, options.decisions ?? [])}</svg>`;
}

function gridSvg(plot: Plot, { width, height, now }: ChartOptions): Markup {
  const step = timeStep(plot.until - plot.from, Math.floor((width - MARGIN.left) / 64));
  const first = Math.ceil((plot.from - now) / step);
  const count = Math.max(0, Math.floor((plot.until - now) / step) - first + 1);
  const offsets = Array.from({ length: count }, (_, index) => (first + index) * step);
  const rows = plot.marks.map((mark) => ({ mark, at: plot.y(mark * plot.unit.size) }));
  const lines = rows.map(({ at }) => markup`<path d="M${MARGIN.left} ${at}H${width - MARGIN.right}"/>`);
  const values = rows.map(
    ({ mark, at }) => markup`<text x="${MARGIN.left - 6}" y="${at + 4}">${formatNumber(mark)}</text>`,
  );
  const times = offsets.map(
    (offset) => markup`<text x="${plot.x(now + offset)}" y="${height - 4}">${relativeTime(offset)}</text>`,
  );
  const present = `M${plot.x(now)} ${MARGIN.top}V${height - MARGIN.bottom}`;
  const muted = ink('muted');
  return markup`<g stroke="${ink('grid')}">${lines}<path d="${present}" stroke="${muted}" stroke-dasharray="1 3"/></g><g fill="${muted}" text-anchor="end">${values}</g><g fill="${muted}" text-anchor="middle">${times}</g><text x="0" y="10" fill="${muted}">${plot.unit.name}</text>`;
}

function demandSvg(meter: MeterView, plot: Plot): Markup {
  const shown = meter.points.filter((point) => point.at >= plot.from);
  const runs = splitAtGaps(shown, gapOf(shown));
  const low = (point: Point): Spot => [point.at, point.demandLow];
  const high = (point: Point): Spot => [point.at, point.demandHigh];
  const colour = ink('demand');
  return markup`<g fill="none" stroke-linejoin="round">${runs.map((run) => {
    const capped = run.some((point) => point.demandHigh > point.demandLow);
    const area = bandPath(
      run.map(low),
      [
        [run[0]?.at ?? 0, 0],
        [run.at(-1)?.at ?? 0, 0],
      ],
      plot.x,
      plot.y,
    );
    return markup`<path d="${area}" fill="${colour}" fill-opacity=".08"/>${capped && markup`<path class="capped" d="${bandPath(run.map(high), run.map(low), plot.x, plot.y)}" fill="${colour}" fill-opacity=".28" stroke="${colour}" stroke-opacity=".5" stroke-width=".75"/>`}<path class="demand" d="${linePath(run.map(low), plot.x, plot.y)}" stroke="${colour}" stroke-width="1.75"/>`;
  })}</g>`;
}

function pastSvg(meter: MeterView, plot: Plot): Markup {
  const shown = meter.pastForecasts.filter((past) => past.from >= plot.from && past.from <= plot.now);
  if (shown.length < 2) return markup``;
  const path = linePath(
    shown.map((past) => [past.from, past.value]),
    plot.x,
    plot.y,
  );
  return markup`<path d="${path}" fill="none" stroke="${ink('forecast')}" stroke-width="1.25" stroke-dasharray="3 3" stroke-linejoin="round"/>`;
}

function limitSvg(meter: MeterView, plot: Plot): Markup {
  const shown = meter.points.filter((point) => point.at >= plot.from);
  const limited = shown.flatMap(({ at, allocation }) => (allocation === undefined ? [] : [{ at, allocation }]));
  const last = limited.at(-1);
  if (last === undefined) return markup``;
  const isDrawn = (limit: number): boolean => limit <= plot.top;
  const drawn = limited.filter((point) => isDrawn(point.allocation));
  const colour = ink('limit');
  const lines = splitAtGaps(drawn, gapOf(shown)).map((run) => {
    const end = run.at(-1) === last ? Math.max(plot.now, last.at) : (run.at(-1)?.at ?? 0);
    const spots = run.map(({ at, allocation }): Spot => [at, allocation]);
    return markup`<path class="limit" d="${linePath(steps(spots, end), plot.x, plot.y)}"/>`;
  });
  const above =
    !isDrawn(last.allocation) &&
    markup`<text x="${plot.x(plot.until)}" y="10" text-anchor="end" fill="${colour}">▲ limit ${formatValue(meter.meter, last.allocation)}</text>`;
  return markup`<g fill="none" stroke="${colour}" stroke-width="1.75">${lines}</g>${above}`;
}

function decisionsSvg(meter: MeterView, plot: Plot, decisions: readonly DecisionView[]): Markup {
  const shown = decisions.filter((decision) => decision.meter === meter.meter && decision.at >= plot.from);
  return markup`${shown.map((decision) => {
    const at = plot.x(decision.inForceAt ?? decision.at);
    const isUp = (decision.to ?? 0) > (decision.from ?? 0);
    const to = plot.y(decision.to ?? 0);
    const shape = isUp ? `M${at} ${to - 9}l4.5 8h-9Z` : `M${at} ${to + 9}l4.5 -8h-9Z`;
    const isDone = decision.outcome?.state === 'applied';
    const words = `${formatChange(decision.meter, decision.from, decision.to)}: ${outcomeWords(decision)}`;
    return markup`<path d="${shape}" fill="${isDone ? ink('limit') : ink('surface')}" stroke="${ink('limit')}"><title>${words}</title></path>`;
  })}`;
}

function describe(meter: MeterView): string {
  const last = meter.points.at(-1);
  if (last === undefined) return 'no sample yet';
  const { forecast } = meter;
  const levels = forecast?.levels ?? [];
  const expected = forecast?.values.at(-1);
  const now = `demand ${formatOf(meter.meter, last.demandHigh, last.allocation)}`;
  if (forecast === undefined || expected === undefined) return now;
  const within = `within ${relativeTime(forecast.lead + forecast.hold).slice(1)}`;
  return `${now}; at most ${formatValue(meter.meter, expected)} expected ${within} (${levelWords(levels.at(-1) ?? 1)})`;
}

function styleSvg(): Markup {
  return markup`<style>${paletteCss()}</style>`;
}
