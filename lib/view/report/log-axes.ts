import { markup, type Markup } from '../markup.ts';
import { ink } from '../svg/palette.ts';
import { linear, type Scale } from '../svg/scale.ts';

/** The frame of a picture with two logarithmic axes, in pixels. */
export interface LogFrame {
  readonly width: number;
  readonly height: number;
  readonly x: LogAxis;
  readonly y: LogAxis;
}

export interface LogAxis {
  /** Above 0, rising. */
  readonly domain: readonly [number, number];
  readonly title: string;
  readonly words: (value: number) => string;
}

/** Where values are. */
export interface LogScales {
  readonly x: Scale;
  readonly y: Scale;
}

const MARGIN = { top: 22, right: 14, bottom: 36, left: 58 } as const;
const MULTIPLES = [1, 2, 5];
/** Pixels that a mark's words need. */
const ROOM = { x: 52, y: 20 } as const;

/** Scales of a frame; values outside of it are outside of the picture, 0 is at the edge. */
export function logScales({ width, height, x, y }: LogFrame): LogScales {
  return {
    x: logScale(x.domain, [MARGIN.left, width - MARGIN.right]),
    y: logScale(y.domain, [height - MARGIN.bottom, MARGIN.top]),
  };
}

/** Cuts off what is outside of the axes. */
export function insideAxes({ width, height }: LogFrame, content: Markup): Markup {
  const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  return markup`<svg x="${MARGIN.left}" y="${MARGIN.top}" width="${w}" height="${h}" viewBox="${MARGIN.left} ${MARGIN.top} ${w} ${h}">${content}</svg>`;
}

/** Grid, marks and titles of a frame. */
export function axesSvg(frame: LogFrame): Markup {
  const { width, height } = frame;
  const scales = logScales(frame);
  const across = ticksFor(frame.x.domain, (width - MARGIN.left - MARGIN.right) / ROOM.x);
  const up = ticksFor(frame.y.domain, (height - MARGIN.top - MARGIN.bottom) / ROOM.y);
  const columns = across.map((tick) => markup`<path d="M${scales.x(tick)} ${MARGIN.top}V${height - MARGIN.bottom}"/>`);
  const rows = up.map((tick) => markup`<path d="M${MARGIN.left} ${scales.y(tick)}H${width - MARGIN.right}"/>`);
  const below = across.map(
    (tick) => markup`<text x="${scales.x(tick)}" y="${height - MARGIN.bottom + 15}">${frame.x.words(tick)}</text>`,
  );
  const beside = up.map(
    (tick) => markup`<text x="${MARGIN.left - 7}" y="${scales.y(tick) + 4}">${frame.y.words(tick)}</text>`,
  );
  const muted = ink('muted');
  return markup`<g stroke="${ink('grid')}" fill="none">${columns}${rows}</g><g fill="${muted}" text-anchor="middle">${below}</g><g fill="${muted}" text-anchor="end">${beside}</g><text x="${width - MARGIN.right}" y="${height - 4}" text-anchor="end" fill="${muted}">${frame.x.title}</text><text x="0" y="12" fill="${muted}">${frame.y.title}</text>`;
}

/** A domain that holds all values above 0, with a little air; `otherwise` when there are none. */
export function logDomain(values: readonly number[], otherwise: readonly [number, number]): readonly [number, number] {
  const positive = values.filter((value) => value > 0 && value < Infinity);
  if (positive.length === 0) return otherwise;
  return [Math.min(...positive) / 1.15, Math.max(...positive) * 1.15];
}

function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const scale = linear([Math.log10(low), Math.log10(high)], range);
  return (value) => scale(Math.log10(value > 0 ? value : low));
}

/** 1, 2 and 5 times powers of ten, or fewer of them when there is no room. */
function ticksFor([low, high]: readonly [number, number], room: number): number[] {
  const all = [MULTIPLES, [1, 3], [1]].map((multiples) => ticksOf(multiples, low, high));
  return all.find((ticks) => ticks.length <= room && ticks.length > 1) ?? all[0]?.slice(0, Math.max(2, room)) ?? [];
}

function ticksOf(multiples: readonly number[], low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const multiple of multiples) {
      const tick = Number((multiple * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
