import type { DurationMs, EpochMs } from '../../core/units.ts';
import { SECOND_MS } from '../../core/units.ts';
import type { DecisionView, MeterView, Point } from '../fleet.ts';
import { unitFor, type DisplayUnit } from '../quantity.ts';
import { linear, niceTicks, type Scale } from './scale.ts';

export interface ChartOptions {
  /** Pixels, at which text is as large as text on the page. */
  readonly width: number;
  readonly height: number;
  /** What the time marks count from. */
  readonly now: EpochMs;
  /** How much of the past is drawn. */
  readonly past: DurationMs;
  /** Resizes to mark; those of other meters are left out. */
  readonly decisions?: readonly DecisionView[];
  /** Whose chart it is, for those who do not see it. */
  readonly of?: string;
  /** Whether colours must come along, for a picture outside a page that declares them. */
  readonly standalone?: boolean;
}

/** What all layers of one chart share. */
export interface Plot {
  readonly x: Scale;
  /** Values above the top are drawn at the top. */
  readonly y: Scale;
  readonly from: EpochMs;
  readonly until: EpochMs;
  readonly now: EpochMs;
  /** The highest value of the axis, in the meter's unit. */
  readonly top: number;
  /** What the axis counts in, and its marks in that unit. */
  readonly unit: DisplayUnit;
  readonly marks: readonly number[];
}

export const MARGIN = { top: 18, right: 10, bottom: 18, left: 40 } as const;
/** What is this many times above everything else would press the rest flat: it is cut off and, being a limit, named. */
const OFF_SCALE = 3;

/** Lays a chart out: the past that is asked for, up to the end of the forecast's window. */
export function plotOf(meter: MeterView, options: ChartOptions): Plot {
  const { width, height, now, past } = options;
  const { forecast } = meter;
  const from = now - past;
  const until = forecast === undefined ? now : Math.max(now, forecast.at + forecast.lead + forecast.hold);
  const highest = highestOf(meter, from);
  const unit = unitFor(meter.meter, highest);
  const marks = niceTicks(highest / unit.size, height < 140 ? 2 : 4);
  const top = (marks.at(-1) ?? 1) * unit.size;
  const x = linear([from, until], [MARGIN.left, width - MARGIN.right]);
  const y = linear([0, top], [height - MARGIN.bottom, MARGIN.top]);
  return { x, y: (value) => y(Math.min(value, top)), from, until, now, top, unit, marks };
}

/** The highest value worth room on the axis: demand always, forecast and then limit as long as they leave it readable. */
function highestOf(meter: MeterView, from: EpochMs): number {
  const shown = meter.points.filter((point) => point.at >= from);
  const demand = Math.max(0, ...shown.map((point) => point.demandHigh));
  const forecasts = [
    ...(meter.forecast?.values ?? []),
    ...meter.pastForecasts.filter((past) => past.from >= from).map((past) => past.value),
  ];
  const limits = shown.flatMap((point) => point.allocation ?? []);
  return [forecasts, limits].reduce((highest, values) => {
    const fitting = values.filter((value) => highest === 0 || value <= OFF_SCALE * highest);
    return Math.max(highest, ...fitting);
  }, demand);
}

/** Three missing samples are a gap. */
export function gapOf(points: readonly Point[]): DurationMs {
  const distances = points.slice(1).map((point, index) => point.at - (points[index]?.at ?? 0));
  const median = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)];
  return 3.5 * Math.max(SECOND_MS, median ?? 0);
}
