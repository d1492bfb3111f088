import { decisionsInForce, knownSamples } from '../../../lib/core/score/known-samples.ts';
import {
  BACKLOG_BUCKETS,
  backlogQuantile,
  FIGURES,
  scoredDemand,
  scoreSizes,
} from '../../../lib/core/score/size-score.ts';

const NAN = Number.NaN;

function known(values: readonly number[], { lead = 1000, hold = 1000, warmUp = 0 } = {}) {
  const times = Float64Array.from(values, (_, i) => i * 1000);
  const inForce = decisionsInForce(times, { lead, hold });
  const series = { vm: 'a', times, meters: { cpu: Float64Array.from(values) } };
  return knownSamples(series, 'cpu', { inForce, scoredFrom: warmUp })!;
}

describe('the decision in force', () => {
  it('is made a lead before and stays for the hold time', () => {
    const times = Float64Array.from({ length: 10 }, (_, i) => i * 1000);

    expect(Array.from(decisionsInForce(times, { lead: 1000, hold: 1000 }))).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Array.from(decisionsInForce(times, { lead: 2000, hold: 3000 }))).toEqual([-1, -1, 0, 0, 0, 3, 3, 3, 6, 6]);
  });

  it('is the last known one before an unknown sample', () => {
    const samples = known([5, NAN, NAN, 6, 7]);

    expect(Array.from(samples.demand)).toEqual([5, 6, 7]);
    expect(Array.from(samples.row)).toEqual([-1, 2, 3]);
    expect(Array.from(samples.seen)).toEqual([-1, 0, 1]);
  });
});

describe('the score of sizes', () => {
  const score = (values: readonly number[], sizes: readonly number[]): Record<string, number> => {
    const samples = known(values);
    const table = { settings: 1, sizes: Float64Array.from(sizes), stride: sizes.length, decision: samples.seen };
    const { worth, backlog } = scoreSizes(samples, table);
    const shares = Float64Array.from(backlog, (count) => count / (values.length - 1));
    return {
      ...Object.fromEntries(FIGURES.map((name, f) => [name, worth[f]!])),
      backlog: backlogQuantile(shares, 0.99),
    };
  };

  it('is the definition, worked out by hand', () => {
    // In force: 2, 2, 4, 4 for demands 1, 3, 4, 2.
    const { violationRate, unserved, slack, relativeSlack, changesPerVmDay, capacity, backlog } = score(
      [9, 1, 3, 4, 2],
      [2, 2, 4, 4, 0],
    );

    expect(violationRate).toBe(1 / 4);
    expect(unserved).toBeCloseTo(1 / 10);
    expect(slack).toBeCloseTo(3 / 10);
    expect(relativeSlack).toBeCloseTo(3 / 12);
    expect(changesPerVmDay).toBeCloseTo(86_400 / 4);
    expect(capacity).toBe(3);
    // One unit is left over after the second sample: half a second at a size of 2, up to a bucket of a quarter.
    expect(backlog).toBeGreaterThanOrEqual(0.5);
    expect(backlog).toBeLessThan(0.5 * 1.25 ** 2);
  });

  it('does not count a size that demand just fills', () => {
    expect(score([1, 3, 3], [3, 3, 3])).toMatchObject({ violationRate: 0, unserved: 0, slack: 0, backlog: 0 });
  });

  it('counts a size of nothing as all unserved', () => {
    expect(score([1, 3, 3], [0, 0, 0])).toMatchObject({ violationRate: 1, unserved: 1, slack: 0, backlog: 1e6 });
  });

  it('leaves VMs out that say nothing', () => {
    expect(scoredDemand(known([1, 2, 3]))).toBeUndefined();
    expect(scoredDemand(known(Array.from({ length: 20 }, () => 0)))).toBeUndefined();
    expect(
      scoredDemand(
        known(
          Array.from({ length: 20 }, () => 2),
          { warmUp: 5000 },
        ),
      ),
    ).toEqual({ samples: 15, demand: 30 });
  });
});

describe('the backlog below which a share of samples stays', () => {
  it('rises with the share and is never beyond a million seconds', () => {
    const shares = new Float64Array(BACKLOG_BUCKETS);
    shares[0] = 0.5;
    shares[40] = 0.3;
    shares[BACKLOG_BUCKETS - 1] = 0.2;

    expect(backlogQuantile(shares, 0.5)).toBe(0);
    expect(backlogQuantile(shares, 0.8)).toBeCloseTo(0.01 * 1.25 ** 40);
    expect(backlogQuantile(shares, 0.99)).toBe(1e6);
  });
});
