import { readFileSync } from 'node:fs';
import type { PeerSeries } from '../../../lib/core/peers/peer-rule.ts';
import { PEER_RULES } from '../../../lib/core/peers/peer-rules.ts';
import { crossingOf, valueAt } from '../../../lib/core/score/frontier.ts';
import { decisionsInForce, knownSamples } from '../../../lib/core/score/known-samples.ts';
import { FIGURES, scoreSizes } from '../../../lib/core/score/size-score.ts';

interface Case {
  readonly name: string;
  readonly samples: number;
  readonly slot: number;
  readonly stepSeconds: number;
  readonly leadSeconds: number;
  readonly holdSeconds: number;
  readonly warmUpSamples: number;
  readonly rules: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

interface Reference {
  readonly cases: readonly Case[];
  readonly frontier: {
    readonly points: readonly { V: number; S: number }[];
    readonly at: readonly [number, number | null][];
  };
}

const reference = JSON.parse(
  readFileSync(new URL('../../golden/score/reference.json', import.meta.url), 'utf8'),
) as Reference;

/** The series that the reference was run on: a wave with noise, rare spikes and a lasting step up. */
function demandOf({ samples, slot }: Case): Float64Array {
  let state = 12_345;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: samples }, (_, i) => {
    const noise = 0.3 * next();
    const spike = next() > 0.985 ? 3 : 0;
    return 1 + 0.5 * Math.sin((2 * Math.PI * i) / slot) + noise + spike + (i > 0.7 * samples ? 1 : 0);
  });
}

function score(one: Case, id: string): { readonly settings: readonly string[]; readonly worth: Float64Array } {
  const rule = PEER_RULES.find((known) => known.id === id)!;
  const step = one.stepSeconds * 1000;
  const horizon = { lead: one.leadSeconds * 1000, hold: one.holdSeconds * 1000 };
  const times = Float64Array.from({ length: one.samples }, (_, i) => i * step);
  const demand = demandOf(one);
  const trace = { vm: 'a', times, meters: { cpu: demand } };
  const scoredFrom = one.warmUpSamples * step;
  const samples = knownSamples(trace, 'cpu', { inForce: decisionsInForce(times, horizon), scoredFrom })!;
  const series: PeerSeries = {
    meter: 'cpu',
    times,
    values: demand,
    step,
    horizon,
    trainedAt: scoredFrom - 20 * step,
    resolution: Math.max(...demand) / 1000,
  };
  const sizes = new Float64Array(one.samples * rule.settings.length);
  rule.decide(series, sizes);
  const table = { settings: rule.settings.length, sizes, stride: one.samples, decision: samples.seen };
  return { settings: rule.settings, worth: scoreSizes(samples, table).worth };
}

const rows = reference.cases.flatMap((one) =>
  Object.entries(one.rules).flatMap(([id, settings]) =>
    Object.entries(settings).map(([setting, figures]) => ({ name: one.name, id, setting, figures, one })),
  ),
);

describe('the scoreboard beside an independent implementation', () => {
  it.each(rows)('agrees on $id at $setting, $name', ({ one, id, setting, figures }) => {
    const { settings, worth } = score(one, id);

    const at = settings.indexOf(setting) * FIGURES.length;
    const [violations = 0, unserved = 0, slack = 0, relativeSlack = 0, changes = 0] = worth.subarray(at);
    const got = [violations, unserved, slack, relativeSlack].map((share) => 100 * share);
    for (const [f, value] of got.entries()) expect(value).toBeCloseTo(figures[f]!, 3);
    // The reference counts changes between neighbours, of which there is one less than samples.
    const scored = one.samples - one.warmUpSamples;
    const perSample = ((changes * one.stepSeconds) / 86_400) * scored;
    expect((100 * perSample) / (scored - 1)).toBeCloseTo(figures[4]!, 3);
  });

  it.each(reference.frontier.at)('reads a frontier at %d %% alike', (rate, wanted) => {
    const { points } = reference.frontier;
    const slacks = points.map(({ S }) => S);
    const crossing = crossingOf(
      points.map(({ V }) => V),
      slacks,
      rate,
    );

    if (wanted === null) expect(crossing).toBeUndefined();
    else expect(valueAt(slacks, crossing!)).toBeCloseTo(wanted, 6);
  });
});
