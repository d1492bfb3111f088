import { seededChance } from '../../../lib/core/score/chance.ts';
import type { PriceList } from '../../../lib/core/score/comparison.ts';
import { crossingOf, valueAt } from '../../../lib/core/score/frontier.ts';
import { ruleResult, type Pricing } from '../../../lib/core/score/rule-result.ts';
import { BACKLOG_BUCKETS, FIGURES, type SizeScore } from '../../../lib/core/score/size-score.ts';
import { bestPeerAt, sameUnserved, slackNoWorse, verdictOf } from '../../../lib/core/score/verdict.ts';
import { reasonOf, worstVms } from '../../../lib/core/score/vm-finding.ts';

const prices: PriceList = { source: 'test', date: '2026-01-01', perUnitHour: { cpu: 0.1, memory: 0.01 } };
const pricing: Pricing = { meter: 'cpu', prices };
const traits = { burstShare: 0, levelShifts: 0, holes: 0, coldStart: 0.1, zeros: 0 };

/** A VM whose violation rates are 5, 2, 0.5 % at three settings, with the slack and unserved share given for the middle one. */
function aScore(slack: number, unserved = 0.01): SizeScore {
  const worth = [0.05, 0.02, 0.005].flatMap((violations, k) => {
    const figures = {
      violationRate: violations,
      unserved: unserved / (k + 1),
      slack: slack * (k + 1),
      relativeSlack: 0.5,
      changesPerVmDay: 3,
      capacity: 2,
    };
    return FIGURES.map((name) => figures[name]);
  });
  const backlog = new Uint32Array(3 * BACKLOG_BUCKETS);
  for (let k = 0; k < 3; k += 1) backlog[k * BACKLOG_BUCKETS] = 100;
  return { worth: Float64Array.from(worth), backlog };
}

const settings = ['a', 'b', 'c'];
const label = (id: string, kind: 'ours' | 'peer' | 'oracle') => ({ id, kind, title: id, knob: 'k', settings });

describe('a rule over all VMs', () => {
  const { frontier, at } = ruleResult(label('vpa', 'peer'), [aScore(1), aScore(3)], pricing);

  it('is the mean of its VMs, with the capacity priced by the month', () => {
    expect(frontier[1]).toMatchObject({
      knob: 'b',
      violationRate: 0.02,
      slack: 4,
      cost: expect.closeTo(2 * 0.1 * 730),
      backlogSeconds: 0,
    });
  });

  it('is read between its points at 1 % and at the point at 5 %', () => {
    const share = (0.01 - 0.005) / (0.02 - 0.005);
    expect(at[0]!.slack).toBeCloseTo(Math.exp(Math.log(6) + share * Math.log(4 / 6)));
    expect(at[1]).toMatchObject({ violationRate: 0.05, slack: expect.closeTo(2) });
  });

  it('has no backlog for memory and no cost without a price', () => {
    const memory = ruleResult(label('vpa', 'peer'), [aScore(1)], { meter: 'memory', prices }).frontier[0]!;
    const network = ruleResult(label('vpa', 'peer'), [aScore(1)], { meter: 'net_rx', prices }).frontier[0]!;

    expect(memory).not.toHaveProperty('backlogSeconds');
    expect(memory.cost).toBeCloseTo((2 / 2 ** 30) * 0.01 * 730);
    expect(network).not.toHaveProperty('cost');
  });
});

describe('a verdict', () => {
  const rules = [
    ruleResult(label('ours', 'ours'), [aScore(1)], pricing),
    ruleResult(label('vpa', 'peer'), [aScore(3)], pricing),
    ruleResult(label('static', 'peer'), [aScore(2)], pricing),
    ruleResult(label('offline-optimum', 'oracle'), [aScore(0.1)], pricing),
  ];

  it('is against the peer with the least slack, never against an oracle', () => {
    expect(bestPeerAt(rules, 0.01)?.id).toBe('static');
  });

  it('names the peer with the least slack at the unserved share of ours', () => {
    const generous = ruleResult(label('generous', 'peer'), [aScore(4, 0.001)], pricing);
    const careless = ruleResult(label('careless', 'peer'), [aScore(0.5, 0.9)], pricing);

    const same = sameUnserved([...rules, generous, careless], 0.01)!;

    expect(same.bestPeer).toBe('static');
    expect(same.slackRatio).toBeCloseTo(0.5, 1);
  });

  it('compares the slack where ours has neither more violations nor more unserved', () => {
    const thrifty = ruleResult(label('thrifty', 'peer'), [aScore(3, 0.009)], pricing);
    const [ours, vpa] = rules;
    const atRate = ({ at }: (typeof rules)[number]) => at.find(({ violationRate }) => violationRate === 0.01)!;
    const slackOf = (peer: (typeof rules)[number]): number =>
      slackNoWorse([...rules, thrifty], peer.id, 0.01)! * atRate(peer).slack;

    // As much unserved as vpa at the rate: the same there.
    expect(slackOf(vpa!)).toBeCloseTo(atRate(ours!).slack, 9);
    // Less unserved than ours at the rate: between the rate and the most cautious setting, whose slack is 3.
    expect(atRate(thrifty).unserved).toBeLessThan(atRate(ours!).unserved);
    const { below, above, share } = crossingOf([0.01, 0.005, 0.01 / 3], [1, 2, 3], atRate(thrifty).unserved)!;
    expect([below, above]).toEqual([2, 1]);
    expect(slackOf(thrifty)).toBeCloseTo(valueAt([1, 2, 3], { below, above, share }), 9);
    expect(slackOf(thrifty)).toBeGreaterThan(atRate(ours!).slack);
    expect(slackNoWorse(rules, 'nobody', 0.01)).toBeUndefined();
  });

  it('is the ratio, inside its interval, the same for the same seed', () => {
    const ours = Array.from({ length: 12 }, (_, i) => aScore(1 + i / 10));
    const peer = Array.from({ length: 12 }, (_, i) => aScore(2 + (i % 5) / 10, 0.02));
    const make = (seed: number) => verdictOf('static', { ours, peer }, { rate: 0.01, chance: seededChance(seed) })!;

    const verdict = make(1);
    expect(verdict).toEqual(make(1));
    expect(verdict).not.toEqual(make(2));
    const mean = (scores: readonly SizeScore[]): number =>
      scores.reduce((sum, { worth }) => sum + worth[FIGURES.indexOf('slack')]!, 0) / 12;
    expect(verdict.slackRatio.value).toBeCloseTo(mean(ours) / mean(peer));
    expect(verdict.slackRatio.low).toBeLessThan(verdict.slackRatio.value);
    expect(verdict.slackRatio.high).toBeGreaterThan(verdict.slackRatio.value);
    expect(verdict.unservedRatio).toEqual({
      value: expect.closeTo(0.5),
      low: expect.closeTo(0.5),
      high: expect.closeTo(0.5),
    });
    expect(verdict.slackDifference.high).toBeLessThan(0);
  });

  it('counts VMs by their own slack at the rate', () => {
    const ours = [aScore(1), aScore(2), aScore(1.01), aScore(1)];
    const never: SizeScore = {
      ...aScore(1),
      worth: aScore(1).worth.map((value, i) => (i % FIGURES.length === 0 ? 0.02 : value)),
    };
    const peer = [aScore(2), aScore(1), aScore(1), never];

    expect(verdictOf('vpa', { ours, peer }, { rate: 0.01, chance: seededChance(1) })).toMatchObject({
      wins: 1,
      losses: 1,
      ties: 1,
      open: 1,
    });
  });

  it('is not given at a rate that a knob does not reach', () => {
    const pair = { ours: [aScore(1)], peer: [aScore(2)] };

    expect(verdictOf('vpa', pair, { rate: 0.001, chance: seededChance(1) })).toBeUndefined();
  });
});

describe('the VMs where ours loses', () => {
  it('are named with the worst first, winners left out', () => {
    const vms = [
      { vm: 'even', ours: aScore(1), peer: aScore(1), traits },
      { vm: 'bad', ours: aScore(3), peer: aScore(1), traits },
      { vm: 'worse', ours: aScore(1, 0.5), peer: aScore(1), traits: { ...traits, burstShare: 0.6 } },
      { vm: 'good', ours: aScore(1), peer: aScore(9), traits },
    ];

    expect(worstVms(vms, pricing).map(({ vm }) => vm)).toEqual(['worse', 'bad']);
    expect(worstVms(vms, pricing)[0]!.reason).toBe('bursts: 60 % of its demand lies above four times its mean');
  });

  it('err on a side when nothing about them stands out', () => {
    const worth = { violationRate: 0.002, unserved: 0, slack: 2, relativeSlack: 0.6, changesPerVmDay: 1 };

    expect(reasonOf(traits, worth, { ...worth, violationRate: 0.01 })).toBe(
      "too large: it passes ours in 0.2 % of samples, the peer's in 1 %",
    );
    expect(reasonOf({ ...traits, levelShifts: 3 }, worth, worth)).toMatch(/^level shifts: 3/);
  });
});
