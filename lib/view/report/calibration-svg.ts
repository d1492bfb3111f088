import { shareWords } from '../../core/policy/quantity-words.ts';
import type { MeterComparison } from '../../core/score/comparison.ts';
import { markup, type Markup } from '../markup.ts';
import { ink } from '../svg/palette.ts';
import { linePath } from '../svg/path.ts';
import { percentWords } from './figures.ts';
import { axesSvg, logDomain, logScales, type LogFrame } from './log-axes.ts';

const SIZE = { width: 400, height: 400 } as const;

/** Asked against realised, both logarithmic: dots for the risk of sizes, rings for levels of the forecast. On the line is right. */
export function calibrationSvg({ calibration, coverage }: MeterComparison): Markup {
  const missed = coverage.map(({ level, covered }) => ({ level, asked: 1 - level, got: 1 - covered }));
  const values = [
    ...calibration.flatMap(({ risk, violationRate }) => [risk, violationRate]),
    ...missed.flatMap(({ asked, got }) => [asked, got]),
  ];
  const domain = logDomain(values, [0.001, 0.1]);
  const frame: LogFrame = {
    ...SIZE,
    x: { domain, title: 'asked for', words: shareWords },
    y: { domain, title: 'realised', words: shareWords },
  };
  const { x, y } = logScales(frame);
  const dots = calibration.map(
    ({ risk, violationRate }) =>
      markup`<circle cx="${x(risk)}" cy="${y(violationRate)}" r="4.5" fill="${ink('limit')}"><title>risk ${shareWords(risk)}: demand was above the size in ${percentWords(violationRate)} of samples</title></circle>`,
  );
  const rings = missed.map(
    ({ level, asked, got }) =>
      markup`<circle cx="${x(asked)}" cy="${y(got)}" r="5.5" fill="none" stroke="${ink('forecast')}" stroke-width="2"><title>p${level * 100}: ${percentWords(got)} of windows went above it</title></circle>`,
  );
  const even = linePath(
    [domain, [domain[1], domain[1]]].map(([value]) => [value, value]),
    x,
    y,
  );
  return markup`<svg role="img" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12"><title>Risk asked for against risk realised; on the line is right</title>${axesSvg(frame)}<path d="${even}" stroke="${ink('muted')}" stroke-dasharray="4 3" fill="none"/>${rings}${dots}</svg>`;
}
