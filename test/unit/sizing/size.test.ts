import fc from 'fast-check';
import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { NEW_SAMPLES, quantileAt, recommend, riskOfCosts } from '../../../lib/core/sizing/size.ts';

const levels = [0.5, 0.9, 0.99];
const aForecast = (meters: Forecast['meters']): Forecast => ({
  vm: 'web',
  at: 0,
  lead: 5_000,
  hold: 5_000,
  levels,
  meters,
});
const exactly = (value: number) => ({ low: value, high: value });

describe('recommend', () => {
  it('takes the quantile at 1 - risk', () => {
    const forecast = aForecast({ cpu: { values: [1, 2, 4], demand: exactly(1), samples: 100 } });

    expect(recommend(forecast, { risk: 0.1 }).target).toEqual({ cpu: 2 });
    expect(recommend(forecast, { risk: 0.01 }).target.cpu).toBeCloseTo(4, 9);
  });

  it('takes one percent where no risk is given', () => {
    const forecast = aForecast({ cpu: { values: [1, 2, 4], demand: exactly(1), samples: 100 } });

    expect(recommend(forecast).target.cpu).toBeCloseTo(4, 9);
    expect(recommend(forecast, { risk: { memory: 0.5 } }).target.cpu).toBeCloseTo(4, 9);
  });

  it('lets a capped vm out two fifths into its demand interval', () => {
    const forecast = aForecast({ cpu: { values: [1, 1, 1], demand: { low: 1, high: 2 }, samples: 100 } });

    expect(recommend(forecast).target).toEqual({ cpu: 1.4 });
  });

  it('keeps memory above what is wanted now', () => {
    const forecast = aForecast({ memory: { values: [1, 1, 1], demand: { low: 900, high: 1000 }, samples: 100 } });

    expect(recommend(forecast).target.memory).toBeCloseTo(1050, 9);
  });

  it('leaves a new vm at least what it has', () => {
    const known = { values: [1, 2, 4], demand: exactly(1) };
    const fresh = aForecast({ cpu: { ...known, samples: NEW_SAMPLES - 1 } });

    expect(recommend(fresh, {}, { cpu: 8 }).target).toEqual({ cpu: 8 });
    expect(recommend(fresh, {}, { cpu: 2 }).target.cpu).toBeCloseTo(4, 9);
    expect(recommend(fresh, {}, {}).target.cpu).toBeCloseTo(4, 9);
    const settled = aForecast({ cpu: { ...known, samples: NEW_SAMPLES } });
    expect(recommend(settled, {}, { cpu: 8 }).target.cpu).toBeCloseTo(4, 9);
  });

  it('says nothing of a meter without a forecast', () => {
    expect(recommend(aForecast({})).target).toEqual({});
  });
});

describe('quantileAt', () => {
  const known = { values: [1, 2, 4], demand: exactly(1), samples: 1 };

  it('is the lowest known value below the lowest level', () => {
    expect(quantileAt(known, levels, 0.1)).toBe(1);
  });

  it('goes on along an exponential tail above the highest level', () => {
    expect(quantileAt(known, levels, 0.999)).toBeCloseTo(6, 9);
  });

  it('never falls as the level rises', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        expect(quantileAt(known, levels, Math.max(a, b))).toBeGreaterThanOrEqual(
          quantileAt(known, levels, Math.min(a, b)),
        );
      }),
    );
  });
});

describe('riskOfCosts', () => {
  it('is the share of idle cost in both', () => {
    expect(riskOfCosts(99, 1)).toBeCloseTo(0.01, 12);
    expect(riskOfCosts(0, 0)).toBe(0.5);
  });
});
