import type { DurationMs, EpochMs } from '../../core/units.ts';
import type { MeterView } from '../fleet.ts';
import { markup, type Markup } from '../markup.ts';
import { formatOf, meterName } from '../quantity.ts';
import { ink } from './palette.ts';
import { bandPath, linePath, steps, type Spot } from './path.ts';
import { linear } from './scale.ts';

export interface SparkOptions {
  readonly width: number;
  readonly height: number;
  readonly now: EpochMs;
  readonly past: DurationMs;
}

/** Demand and limit of one meter at the size of a word: for a row of a table. */
export function sparkSvg(meter: MeterView, options: SparkOptions): Markup {
  const { width, height, now, past } = options;
  const shown = meter.points.filter((point) => point.at >= now - past);
  const limits = shown.flatMap(({ at, allocation }): Spot[] => (allocation === undefined ? [] : [[at, allocation]]));
  const wanted = Math.max(0, ...shown.map((point) => point.demandHigh));
  const last = shown.at(-1);
  const limit = last?.allocation;
  const top = Math.max(wanted, ...limits.map(([, value]) => value)) || 1;
  const x = linear([now - past, now], [0, width]);
  const y = linear([0, top], [height - 1, 1.5]);
  const demand = shown.map((point): Spot => [point.at, point.demandHigh]);
  const [first] = demand;
  const ground: readonly Spot[] =
    first === undefined
      ? []
      : [
          [first[0], 0],
          [last?.at ?? first[0], 0],
        ];
  const words = `${meterName(meter.meter)} ${formatOf(meter.meter, last?.demandHigh, limit)}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${words}</title><path d="${bandPath(demand, ground, x, y)}" fill="${ink('demand')}" fill-opacity=".16"/><path d="${linePath(demand, x, y)}" fill="none" stroke="${ink('demand')}" stroke-width="1.25" stroke-linejoin="round"/><path d="${linePath(steps(limits, now), x, y)}" fill="none" stroke="${ink('limit')}" stroke-width="1.25"/></svg>`;
}
