import { readFileSync } from 'node:fs';
import type { Comparison, MeterComparison } from '../../../../lib/core/score/comparison.ts';
import { comparisonHtml } from '../../../../lib/view/report/comparison-html.ts';
import { headlineWords, judgedOf, standingOf, verdictWords } from '../../../../lib/view/report/verdict-words.ts';

const GOLDEN = new URL('../../../golden/score/comparison.json', import.meta.url);
const aComparison = (): Comparison => JSON.parse(readFileSync(GOLDEN, 'utf8')) as Comparison;

/** A comparison in which each meter with verdicts has this slack ratio at 1 %. */
function withRatios(...ratios: { low: number; value: number; high: number }[]): Comparison {
  const comparison = aComparison();
  const [set] = comparison.sets;
  const [meter] = set!.meters;
  const meters = ratios.map((slackRatio): MeterComparison => {
    const [verdict] = meter!.verdicts;
    return { ...meter!, verdicts: [{ ...verdict!, slackRatio }] };
  });
  return { ...comparison, sets: [{ ...set!, meters }] };
}
const LESS = { low: 0.6, value: 0.7, high: 0.8 };
const LEVEL = { low: 0.8, value: 0.9, high: 1.1 };
const MORE = { low: 1.1, value: 1.2, high: 1.3 };

/** Tags that are not closed by their own end, the first one first. */
function unbalanced(body: string): string[] {
  const open: string[] = [];
  for (const [, end, name = '', self] of body.matchAll(/<(\/?)([a-z]\w*)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (end === '' && self === '') open.push(name);
    else if (end !== '' && open.pop() !== name) return [...open, name];
  }
  return open;
}

describe('comparisonHtml', () => {
  const html = comparisonHtml(aComparison());

  it('loads nothing: no link, no picture, no script or style from elsewhere', () => {
    expect(html).not.toMatch(/<link|<img|<iframe|@import|\bsrc=|url\(/);
    expect(html.match(/https?:\/\/(?!www\.w3\.org)/g)).toBeNull();
  });

  it('has a panel for each meter of each set, all of them readable without the script', () => {
    const panels = [...html.matchAll(/<section class="panel" id="([^"]+)"/g)].map(([, id]) => id);

    expect(panels).toEqual(['web-cpu', 'web-memory', 'short-net_tx']);
    expect(html).not.toMatch(/<section[^>]* hidden/);
  });

  it('names every rule in each table, the least slack first', () => {
    const [table = ''] = html.slice(html.indexOf('All rules at a violation rate')).split('</table>');
    const names = [...table.matchAll(/<tr class="(\w+)"><th scope="row">([^<]+)/g)].map(([, , name]) => name);

    expect(names).toEqual([
      'offline optimum (dynamic programming) (knows the future)',
      'Shadowcast',
      'maximum of the last 12 + margin',
      'Kubernetes VPA, no update gate',
    ]);
    expect(table).toContain('0.68 (0.60 to 0.79)');
  });

  it('draws ours last and boldest', () => {
    const [plot = ''] = html.slice(html.indexOf('What each rule pays')).split('</figure>');

    const lines = [...plot.matchAll(/<g class="line"><path [^>]*stroke-width="([\d.]+)"[^>]*><title>([^<]+)/g)];

    expect(lines).toHaveLength(4);
    expect(lines.at(-1)?.slice(1)).toEqual(['3', 'Shadowcast']);
  });

  it('leaves out points that a logarithm cannot show', () => {
    const comparison = aComparison();
    const [ours] = comparison.sets[0]!.meters[0]!.rules;
    Object.assign(ours!.frontier[0]!, { violationRate: 0 });

    expect(comparisonHtml(comparison)).not.toMatch(/NaN|Infinity/);
  });

  it('is well-formed whatever sets and VMs are called', () => {
    const comparison = aComparison();
    const name = '<b onload="x">&\'';
    const sets = comparison.sets.map((set) => ({
      ...set,
      name,
      meters: set.meters.map((meter) => ({
        ...meter,
        worst: meter.worst.map((finding) => ({ ...finding, vm: name })),
      })),
    }));

    const body = comparisonHtml({ ...comparison, sets })
      .replace(/^.*<body>/s, '<body>')
      .replace(/<script>.*$/s, '</body>');

    expect(body).not.toContain('<b onload');
    expect(unbalanced(body)).toEqual([]);
  });

  it('says what it cannot compare', () => {
    expect(html).toContain('no rule of both kinds reaches this rate');
    expect(html).toContain('No violation rate is reached by ours and by another rule.');
  });
});

describe('headlineWords', () => {
  it.each([
    [[LESS], 'Less slack than the best other rule at a violation rate of 1 %'],
    [[LESS, LESS], 'Less slack than the best other rule in both comparisons at a violation rate of 1 %'],
    [
      [LESS, LEVEL, MORE],
      'Less slack than the best other rule in 1 of 3 comparisons at a violation rate of 1 %, no clear difference in 1, more slack in 1',
    ],
    [[MORE], 'Less slack than the best other rule in 0 of 1 comparisons at a violation rate of 1 %, more slack in 1'],
    [[], 'No rule could be compared at a violation rate of 1 %'],
  ])('tells %j as it is', (ratios, words) => {
    expect(headlineWords(judgedOf(withRatios(...ratios)))).toBe(words);
  });
});

describe('verdictWords', () => {
  it('gives slack with its confidence, unserved demand, and the VMs', () => {
    const verdict = aComparison().sets[0]!.meters[0]!.verdicts[0]!;

    expect(verdictWords(verdict, 'the moving maximum').replaceAll('\u00a0', ' ')).toBe(
      'At a violation rate of 1 %: 32 % less slack than the moving maximum, the best other rule (95 % confidence: −40 % to −21 %), with 9.4 % less demand unserved. Of the VMs, 2 need less, 0 the same within 2 %, 1 more.',
    );
  });

  it('calls a difference one only when the whole interval is on one side', () => {
    expect([LESS, LEVEL, MORE].map(standingOf)).toEqual(['less', 'level', 'more']);
    expect(standingOf({ low: 0.5, value: 0.7, high: 1 })).toBe('level');
  });
});
