import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { RiskPool } from '../../../lib/core/sizing/risk-pool.ts';
import { RiskTracker } from '../../../lib/core/sizing/risk-tracker.ts';
import { NEW_SAMPLES } from '../../../lib/core/sizing/size.ts';

const alone = (risk: number): RiskTracker => new RiskTracker(new RiskPool(risk));

const riskOf = (tracker: RiskTracker, hold: number): number => {
  const { risk } = tracker.goal(hold);
  return typeof risk === 'object' ? (risk.cpu ?? Number.NaN) : Number.NaN;
};

const aForecast = (values: readonly number[]): Forecast => ({
  vm: 'a',
  at: 0,
  lead: 1000,
  hold: 1000,
  levels: LEVELS,
  meters: { cpu: { values, demand: { low: 1, high: 1 }, samples: 100 } },
});

/** A tracker of a VM that is not new any more; nothing was learnt yet. */
function known(pool: RiskPool): RiskTracker {
  const tracker = new RiskTracker(pool);
  for (let i = 0; i < NEW_SAMPLES; i += 1) tracker.see({ cpu: 1 }, { cpu: 2 });
  return tracker;
}

const spentBy = (tracker: RiskTracker, ...values: number[]): number => {
  const { risk } = tracker.goal(1, aForecast(values));
  return typeof risk === 'object' ? (risk.cpu ?? Number.NaN) : Number.NaN;
};

describe('RiskTracker', () => {
  it('begins with the risk itself where a window is one sample', () => {
    expect(riskOf(alone(0.01), 1)).toBeCloseTo(0.01, 12);
  });

  it('begins with more for a window of several samples', () => {
    expect(riskOf(alone(0.01), 4)).toBeCloseTo(0.02, 12);
  });

  it('takes less risk after a sample was missed and more while none is', () => {
    const missed = known(new RiskPool(0.01));
    missed.see({ cpu: 2 }, { cpu: 1 });
    const held = known(new RiskPool(0.01));
    held.see({ cpu: 1 }, { cpu: 2 });

    expect(riskOf(missed, 5)).toBeLessThan(riskOf(alone(0.01), 5));
    expect(riskOf(held, 5)).toBeGreaterThan(riskOf(alone(0.01), 5));
  });

  it('learns nothing from what is missed while the VM is new', () => {
    const tracker = alone(0.01);
    for (let i = 0; i < NEW_SAMPLES; i += 1) tracker.see({ cpu: 2 }, { cpu: 1 });

    expect(riskOf(tracker, 1)).toBeCloseTo(0.01, 12);
  });

  it('stands still when the share of missed samples is the risk', () => {
    const tracker = known(new RiskPool(0.1));
    for (let i = 0; i < 1000; i += 1) tracker.see({ cpu: i % 10 === 0 ? 2 : 1 }, { cpu: 1 });

    expect(riskOf(tracker, 5)).toBeCloseTo(riskOf(alone(0.1), 5), 2);
  });

  it('stays within its bounds', () => {
    const tracker = alone(0.01);
    for (let i = 0; i < 5000; i += 1) tracker.see({ cpu: 1 }, { cpu: 2 });

    expect(riskOf(tracker, 5)).toBeCloseTo(0.25, 12);
    for (let i = 0; i < 200; i += 1) tracker.see({ cpu: 2 }, { cpu: 1 });
    expect(riskOf(tracker, 5)).toBeCloseTo(0.002, 12);
  });

  it('spends its risk on forecasts that are steeper than usual', () => {
    const tracker = alone(0.01);
    for (let i = 0; i < 50; i += 1) spentBy(tracker, 1, 1.1, 1.2, 1.3, 1.5, 1.6);

    expect(spentBy(tracker, 1, 1.1, 1.2, 1.3, 1.5, 1.6)).toBeCloseTo(0.01, 2);
    expect(spentBy(tracker, 1, 3, 4, 5, 9, 10)).toBeGreaterThan(spentBy(tracker, 1, 1.01, 1.02, 1.03, 1.05, 1.06));
  });

  it('does not learn from what it does not know', () => {
    const tracker = known(new RiskPool(0.01));
    tracker.see({ cpu: 2 }, {});
    tracker.see({ cpu: 2 });

    expect(riskOf(tracker, 1)).toBeCloseTo(0.01, 12);
  });
});

describe('a pool', () => {
  const calm = [1, 1.01, 1.02, 1.03, 1.05, 1.06];
  const bursty = [1, 3, 4, 5, 9, 10];

  it('lets a VM whose last percent is dear be short more often than one for which it is cheap', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [known(pool), known(pool)];
    for (let i = 0; i < 50; i += 1) {
      spentBy(a, ...calm);
      spentBy(b, ...bursty);
    }

    expect(spentBy(a, ...calm)).toBeLessThan(0.01);
    expect(spentBy(b, ...bursty)).toBeGreaterThan(0.01);
    expect(spentBy(b, ...bursty)).toBeLessThan(0.03);
  });

  it('gives VMs of the same shape the same risk, whatever their size', () => {
    const pool = new RiskPool(0.01);
    const [small, large] = [known(pool), new RiskTracker(pool)];
    for (let i = 0; i < NEW_SAMPLES; i += 1) large.see({ cpu: 1000 }, { cpu: 2000 });
    for (let i = 0; i < 50; i += 1) {
      spentBy(small, ...bursty);
      spentBy(large, ...bursty.map((value) => 1000 * value));
    }

    expect(spentBy(large, ...bursty.map((value) => 1000 * value))).toBeCloseTo(spentBy(small, ...bursty), 3);
  });

  it('learns from what any member misses', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [known(pool), known(pool)];
    a.see({ cpu: 2 }, { cpu: 1 });

    expect(riskOf(b, 1)).toBeLessThan(0.01);
  });

  it('forgets what it learnt with its last member, and a member that left counts no more', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [known(pool), known(pool)];
    for (let i = 0; i < 50; i += 1) spentBy(b, ...bursty);
    b.see({ cpu: 2 }, { cpu: 1 });
    b.leave();
    const left = alone(0.01);

    expect(pool.of('cpu').steepness).toBe(0);
    a.leave();
    expect(riskOf(known(pool), 1)).toBeCloseTo(riskOf(left, 1), 12);
  });
});
