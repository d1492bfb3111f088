import type { MeterView } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';
import { levelWords } from '../../core/policy/quantity-words.ts';
import { formatValue } from '../quantity.ts';
import type { Plot } from './plot.ts';
import { ink } from './palette.ts';
import { bandPath, linePath, type Spot } from './path.ts';

/**
 * The forecast as bands between neighbouring quantiles over its window, lighter the less likely, with a line at the lowest
 * quantile and one at the highest. A dotted line leads from the last demand to the window: in between nothing is forecast.
 */
export function fanSvg(meter: MeterView, plot: Plot): Markup {
  const { forecast } = meter;
  if (forecast === undefined || forecast.values.length === 0) return markup``;
  const from = forecast.at + forecast.lead;
  const until = from + forecast.hold;
  const level = (value: number): readonly Spot[] => [
    [from, value],
    [until, value],
  ];
  const bands = forecast.values.slice(1).map((value, index) => {
    const words = `${levelWords(forecast.levels[index + 1] ?? 1)} ${formatValue(meter.meter, value)}`;
    const path = bandPath(level(value), level(forecast.values[index] ?? value), plot.x, plot.y);
    return markup`<path d="${path}" fill-opacity="${fade(index, forecast.values.length - 1)}"><title>${words}</title></path>`;
  });
  const [lowest = 0] = forecast.values;
  const highest = forecast.values.at(-1) ?? lowest;
  const last = meter.points.at(-1);
  const lead: readonly Spot[] =
    last === undefined
      ? []
      : [
          [last.at, last.demandHigh],
          [from, lowest],
        ];
  return markup`<g class="fan" fill="${ink('forecast')}">${bands}</g><g fill="none" stroke="${ink('forecast')}"><path d="${linePath(level(lowest), plot.x, plot.y)}" stroke-width="1.75"/><path d="${linePath(level(highest), plot.x, plot.y)}"/><path d="${linePath(lead, plot.x, plot.y)}" stroke-dasharray="1 3"/></g>`;
}

/** From .55 for the likeliest band down to .15 for the last. */
function fade(index: number, bands: number): number {
  return Math.round((bands <= 1 ? 0.45 : 0.55 - (0.4 * index) / (bands - 1)) * 100) / 100;
}
