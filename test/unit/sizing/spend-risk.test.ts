import fc from 'fast-check';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { quantileAt } from '../../../lib/core/sizing/size.ts';
import { spendRisk, steepnessOf } from '../../../lib/core/sizing/spend-risk.ts';

/** Values of a forecast whose tail is exponential: size rises by `slope` for each unit of -ln(1 - level). */
const tail = (slope: number): number[] => LEVELS.map((level) => 1 - slope * Math.log(2 * (1 - level)));

describe('spendRisk', () => {
  it('is the risk itself for a forecast that is as steep as usual', () => {
    expect(spendRisk(tail(2), LEVELS, { risk: 0.02, steepness: 2 })).toBeCloseTo(0.02, 3);
  });

  it('takes more risk where a size is dear and less where it is cheap', () => {
    const budget = { risk: 0.02, steepness: 2 };

    expect(spendRisk(tail(8), LEVELS, budget)).toBeGreaterThan(0.03);
    expect(spendRisk(tail(0.5), LEVELS, budget)).toBeLessThan(0.01);
  });

  it('gives up a rare burst that nothing in between leads to, when it is far dearer than usual', () => {
    const quiet = [1, 1, 1, 1, 1, 100];

    expect(spendRisk(quiet, LEVELS, { risk: 0.05, steepness: 0.1 })).toBeGreaterThanOrEqual(0.01);
  });

  it('is the budget for a flat forecast, whose size is the same at any risk', () => {
    expect(spendRisk([3, 3, 3, 3, 3, 3], LEVELS, { risk: 0.05, steepness: 1 })).toBe(0.05);
  });

  it('asks for a size that does not depend on the unit', () => {
    const rising = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(rising, fc.double({ min: 0.001, max: 0.3, noNaN: true }), (steps, risk) => {
        const values = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 1));
        const bytes = values.map((value) => value * 2 ** 20);
        const steepness = steepnessOf(values, LEVELS);

        const small = spendRisk(values, LEVELS, { risk, steepness });
        const large = spendRisk(bytes, LEVELS, { risk, steepness: steepness * 2 ** 20 });

        expect(large).toBeCloseTo(small, 9);
        expect(small).toBeGreaterThanOrEqual(0.0005);
        expect(small).toBeLessThanOrEqual(0.5);
        const size = quantileAt({ values, demand: { low: 0, high: 0 }, samples: 1 }, LEVELS, 1 - small);
        expect(size).toBeGreaterThanOrEqual(values[0]!);
      }),
    );
  });
});
