import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import type { Meter } from '../../../lib/core/meter.ts';
import { needOf, type Need } from '../../../lib/core/policy/need.ts';
import { DEFAULT_METER_POLICY } from '../../../lib/core/policy/policy.ts';

const known = { values: [10, 20, 30, 40, 50, 60], demand: { low: 9, high: 9 }, samples: 1000 };
const forecast: Forecast = {
  vm: 'a',
  at: 0,
  lead: 5000,
  hold: 5000,
  levels: LEVELS,
  meters: { cpu: known, memory: known },
};

const needFor = (meter: Meter, target: number): Need =>
  needOf(forecast, known, { meter, target, from: 100, policy: DEFAULT_METER_POLICY });

describe('what a meter needs', () => {
  it('is the larger of the size and the peak at the confidence of the policy', () => {
    expect(needFor('cpu', 15).size).toBeCloseTo(40, 9);
    expect(needFor('cpu', 45).size).toBe(45);
  });

  it('is never below the .99 quantile for memory, however much risk the VMs of a shard have to spend', () => {
    expect(needFor('memory', 15).size).toBeCloseTo(50, 9);
    expect(needFor('memory', 55).size).toBe(55);
  });
});
