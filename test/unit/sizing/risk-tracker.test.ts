import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { RiskTracker } from '../../../lib/core/sizing/risk-tracker.ts';

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

describe('RiskTracker', () => {
  it('begins with the risk itself where a window is one sample', () => {
    expect(riskOf(new RiskTracker(0.01), 1)).toBeCloseTo(0.01, 12);
  });

  it('begins with more for a window of several samples', () => {
    expect(riskOf(new RiskTracker(0.01), 4)).toBeCloseTo(0.02, 12);
  });

  it('takes less risk after a sample was missed and more while none is', () => {
    const missed = new RiskTracker(0.01);
    missed.see({ cpu: 2 }, { cpu: 1 });
    const held = new RiskTracker(0.01);
    held.see({ cpu: 1 }, { cpu: 2 });

    expect(riskOf(missed, 5)).toBeLessThan(riskOf(new RiskTracker(0.01), 5));
    expect(riskOf(held, 5)).toBeGreaterThan(riskOf(new RiskTracker(0.01), 5));
  });

  it('stands still when the share of missed samples is the risk', () => {
    const tracker = new RiskTracker(0.1);
    for (let i = 0; i < 1000; i += 1) tracker.see({ cpu: i % 10 === 0 ? 2 : 1 }, { cpu: 1 });

    expect(riskOf(tracker, 5)).toBeCloseTo(riskOf(new RiskTracker(0.1), 5), 2);
  });

  it('stays within its bounds', () => {
    const tracker = new RiskTracker(0.01);
    for (let i = 0; i < 5000; i += 1) tracker.see({ cpu: 1 }, { cpu: 2 });

    expect(riskOf(tracker, 5)).toBeCloseTo(0.25, 12);
    for (let i = 0; i < 200; i += 1) tracker.see({ cpu: 2 }, { cpu: 1 });
    expect(riskOf(tracker, 5)).toBeCloseTo(0.002, 12);
  });

  it('spends its risk on forecasts that are steeper than usual', () => {
    const tracker = new RiskTracker(0.01);
    const spent = (...values: number[]): number => {
      const risk = tracker.goal(1, aForecast(values)).risk;
      return typeof risk === 'object' ? (risk.cpu ?? Number.NaN) : Number.NaN;
    };
    for (let i = 0; i < 50; i += 1) spent(1, 1.1, 1.2, 1.3, 1.5, 1.6);

    expect(spent(1, 1.1, 1.2, 1.3, 1.5, 1.6)).toBeCloseTo(0.01, 2);
    expect(spent(1, 3, 4, 5, 9, 10)).toBeGreaterThan(spent(1, 1.01, 1.02, 1.03, 1.05, 1.06));
  });

  it('does not learn from what it does not know', () => {
    const tracker = new RiskTracker(0.01);
    tracker.see({ cpu: 2 }, {});

    expect(riskOf(tracker, 1)).toBeCloseTo(0.01, 12);
  });
});
