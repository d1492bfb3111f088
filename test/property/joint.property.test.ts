import fc from 'fast-check';
import type { MeterForecast } from '../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { jointSize } from '../../lib/core/sizing/joint.ts';

/** A forecast with rising values and a demand that may be capped. */
const forecast: fc.Arbitrary<MeterForecast> = fc
  .record({
    steps: fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
      minLength: LEVELS.length,
      maxLength: LEVELS.length,
    }),
    low: fc.double({ min: 0, max: 1e6, noNaN: true }),
    open: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ steps, low, open }) => {
    let value = 0;
    return { values: steps.map((step) => (value += step)), demand: { low, high: low * (1 + open) }, samples: 100 };
  });
const forecasts = fc
  .array(forecast, { maxLength: 12 })
  .map((list) => new Map(list.map((one, v): [string, MeterForecast] => [`vm${v}`, one])));
const goal = fc.record({
  risk: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
  guarantee: fc.double({ min: 0.1, max: 0.99, noNaN: true }),
});

describe('a joint size', () => {
  it('is the guarantees and the headroom together, each for every vm and none negative', () => {
    fc.assert(
      fc.property(forecasts, forecast, goal, (own, sum, wanted) => {
        const { capacity, guarantees, headroom } = jointSize(own, sum, wanted);
        const given = Array.from(guarantees.values()).reduce((total, one) => total + one, 0);

        expect([...guarantees.keys()]).toEqual([...own.keys()]);
        expect(Math.min(headroom, ...guarantees.values())).toBeGreaterThanOrEqual(0);
        expect(given).toBeLessThanOrEqual(capacity * (1 + 1e-9));
        expect(Math.abs(given + headroom - capacity)).toBeLessThanOrEqual(1e-9 * capacity);
      }),
    );
  });

  it('never shrinks when the risk does, and does not depend on the order of the vms', () => {
    fc.assert(
      fc.property(forecasts, forecast, goal, (own, sum, { risk, guarantee }) => {
        const bold = jointSize(own, sum, { risk, guarantee });
        const careful = jointSize(own, sum, { risk: risk / 2, guarantee });
        const reversed = jointSize(new Map([...own].reverse()), sum, { risk, guarantee });

        expect(careful.capacity).toBeGreaterThanOrEqual(bold.capacity);
        expect(reversed.capacity).toBe(bold.capacity);
        for (const [vm, alone] of bold.guarantees) expect(reversed.guarantees.get(vm)).toBeCloseTo(alone, 3);
      }),
    );
  });
});
