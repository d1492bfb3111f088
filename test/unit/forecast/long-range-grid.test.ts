import { forecastSeries } from '../../../lib/core/forecast/long-range/forecast-series.ts';
import { countUntil, gridBefore, samplingOf } from '../../../lib/core/forecast/long-range/grid.ts';

const series = (...rows: readonly (readonly [time: number, value: number])[]) => ({
  times: Float64Array.from(rows, ([time]) => time),
  values: Float64Array.from(rows, ([, value]) => value),
});
const grid = { step: 300, longest: 1e9 };

describe('gridBefore', () => {
  it('gives each sample its step when they are as far apart as the steps, late by a little or not', () => {
    const known = series([1000, 1], [1300, 2], [1601, 3], [1899, 4], [2200, 5]);

    expect(Array.from(gridBefore(known, 2200, grid))).toEqual([1, 2, 3, 4, 5]);
    expect(Array.from(gridBefore(known, 2350, grid))).toEqual([1, 2, 3, 4, 5]);
  });

  it('averages the samples of a step by the middle of their intervals', () => {
    const known = series([100, 1], [200, 2], [300, 3], [400, 4], [500, 5], [600, 6]);

    expect(Array.from(gridBefore(known, 600, grid))).toEqual([2, 5]);
  });

  it('leaves steps without a sample, or with an unknown one, as holes', () => {
    const known = series([300, 1], [600, Number.NaN], [900, 3], [1800, 4], [2100, 5]);

    expect(Array.from(gridBefore(known, 2700, grid))).toEqual([
      1,
      Number.NaN,
      3,
      Number.NaN,
      Number.NaN,
      4,
      5,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('looks at nothing after the time, and no further back than it may', () => {
    const known = series([300, 1], [600, 2], [900, 3], [1200, 4]);

    expect(Array.from(gridBefore(known, 900, grid))).toEqual([1, 2, 3]);
    expect(Array.from(gridBefore(known, 900, { step: 300, longest: 300 }))).toEqual([3]);
    expect(Array.from(gridBefore(known, 299, grid))).toEqual([]);
  });
});

describe('samplingOf', () => {
  it('is the median distance, which holes do not move', () => {
    expect(samplingOf(Float64Array.of(0, 300, 600, 6000, 6301, 6600))).toBe(300);
    expect(samplingOf(Float64Array.of(7))).toBe(0);
  });
});

describe('countUntil', () => {
  it('counts the times up to and with the one asked for', () => {
    const times = Float64Array.of(1, 2, 2.5, 9);
    expect([0, 1, 2.4, 9, 10].map((at) => countUntil(times, at))).toEqual([0, 1, 2, 4, 4]);
  });
});

describe('forecastSeries', () => {
  it('is not changed by what comes after its time', () => {
    const times = Float64Array.from({ length: 900 }, (_, i) => i * 300_000);
    const values = Float64Array.from(times, (_, i) => 1 + (i % 7) + (i % 288 > 200 ? 5 : 0));
    const at = 700 * 300_000;
    const options = { horizon: 48, step: 300_000, levels: [0.1, 0.5, 0.9] };

    const cut = forecastSeries({ times: times.slice(0, 701), values: values.slice(0, 701) }, at, options);
    expect(forecastSeries({ times, values }, at, options)).toEqual(cut);
    expect(forecastSeries({ times, values }, -1, options)).toBeUndefined();
  });
});
