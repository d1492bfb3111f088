import { shareWords } from '../../core/policy/quantity-words.ts';
import type { MeterComparison, RuleResult } from '../../core/score/comparison.ts';
import { markup, type Markup } from '../markup.ts';
import { ink } from '../svg/palette.ts';
import { linePath, type Spot } from '../svg/path.ts';
import { percentWords } from './figures.ts';
import { axesSvg, insideAxes, logDomain, logScales, type LogFrame } from './log-axes.ts';
import type { RuleLine } from './rule-lines.ts';

const SIZE = { width: 700, height: 400 } as const;
/** Violation rates that are shown at least; further ones where ours has points. */
const RATES = { least: 0.002, most: 0.1 } as const;

/**
 * What each rule pays for each violation rate: slack over violation rate, both logarithmic, one line for each rule, a mark for each
 * setting of its knob. Lower and further left is better; the rates that verdicts are about are marked.
 */
export function frontierSvg({ rules, verdicts }: MeterComparison, lines: readonly RuleLine[]): Markup {
  const frame = frameOf(rules);
  const { x, y } = logScales(frame);
  const [top, bottom] = [y(frame.y.domain[1]), y(frame.y.domain[0])];
  const rates = verdicts.map(
    ({ violationRate }) =>
      markup`<path d="M${x(violationRate)} ${top}V${bottom}" stroke="${ink('muted')}" stroke-dasharray="4 3" fill="none"/>`,
  );
  // Bold lines last: they lie on top.
  const paths = lines
    .toSorted((left, right) => left.width - right.width)
    .map(({ rule, colour, dash, width }) => {
      const points = rule.frontier.filter(({ violationRate, slack }) => violationRate > 0 && slack > 0);
      const spots = points.map(({ violationRate, slack }): Spot => [violationRate, slack]);
      const marks = points.map(
        ({ violationRate, slack, unserved, knob }) =>
          markup`<circle cx="${x(violationRate)}" cy="${y(slack)}" r="${width > 2 ? 3.5 : 2.5}" fill="${colour}"><title>${rule.title}, ${rule.knob} ${knob}: violations ${percentWords(violationRate)}, slack ${percentWords(slack)}, unserved ${percentWords(unserved)}</title></circle>`,
      );
      return markup`<g class="line"><path d="${linePath(spots, x, y)}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}" stroke-linejoin="round"><title>${rule.title}</title></path>${marks}</g>`;
    });
  const title = 'Slack over violation rate, one line for each rule; lower is better';
  return markup`<svg role="img" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>${axesSvg(frame)}${insideAxes(frame, markup`${rates}${paths}`)}</svg>`;
}

function frameOf(rules: readonly RuleResult[]): LogFrame {
  const points = rules.flatMap(({ frontier }) => frontier);
  const ours = rules.filter(({ kind }) => kind === 'ours').flatMap(({ frontier }) => frontier);
  const [least, most] = logDomain(
    [...ours.map(({ violationRate }) => violationRate), RATES.least, RATES.most],
    [RATES.least, RATES.most],
  );
  const slacks = points
    .filter(({ violationRate }) => violationRate >= least && violationRate <= most)
    .map(({ slack }) => slack);
  // A rule that is ten times off is out of the picture rather than everything else in a corner of it.
  const ceiling = 6 * Math.max(0, ...ours.map(({ slack }) => slack));
  return {
    ...SIZE,
    x: { domain: [least, most], title: 'violation rate', words: shareWords },
    y: {
      domain: logDomain(ceiling > 0 ? slacks.filter((slack) => slack <= ceiling) : slacks, [0.1, 10]),
      title: 'slack, % of demand',
      words: shareWords,
    },
  };
}
