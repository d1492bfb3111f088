import fc from 'fast-check';
import type { PerMeter } from '../../../lib/core/meter.ts';
import type { PriceList } from '../../../lib/core/score/comparison.ts';
import { vmHistory, type MeterHistory } from '../../../lib/core/score/history.ts';
import type { UseSeries } from '../../../lib/core/shadow/replay-series.ts';

const HOUR = 3_600_000;
const PRICES: PriceList = { source: 'a test', date: '2026-01-01', perUnitHour: { cpu: 0.04 } };

/** cpu by the hour, from hour 1 on. */
const aSeries = (cpu: readonly number[], capacity?: readonly number[]): UseSeries => ({
  vm: 'web',
  times: Float64Array.from(cpu, (_, i) => (i + 1) * HOUR),
  meters: { cpu: Float64Array.from(cpu) },
  cpuCapacity: capacity && Float64Array.from(capacity),
});
const sized = (...cpu: (number | undefined)[]): (PerMeter | undefined)[] =>
  cpu.map((size) => (size === undefined ? undefined : { cpu: size }));
const cpuOf = (series: UseSeries, sizes: (PerMeter | undefined)[], warmUp = 0): MeterHistory | undefined =>
  vmHistory(series, sizes, { prices: PRICES, warmUp }).meters.find(({ meter }) => meter === 'cpu');

describe('vmHistory', () => {
  it('compares ours with the capacity in force and with static peak, in hours and dollars', () => {
    const history = cpuOf(aSeries([1, 2, 3.8, 1], [4, 4, 4, 4]), sized(2, 2, 5, 2));

    expect(history).toEqual({
      meter: 'cpu',
      hours: 4,
      demand: { mean: 1.95, peak: 3.8 },
      before: { mean: 4, low: 4, high: 4, last: 4, shortHours: 1, slack: 8.2 / 7.8, costPerMonth: 4 * 0.04 * 730 },
      limit: { avoided: 1, remaining: 0, added: 0 },
      ours: {
        mean: 2.75,
        low: 2,
        high: 5,
        last: 2,
        shortHours: 0,
        slack: expect.closeTo(3.2 / 7.8, 12),
        costPerMonth: 2.75 * 0.04 * 730,
      },
      peak: {
        mean: 3.8,
        low: 3.8,
        high: 3.8,
        last: 3.8,
        shortHours: 0,
        slack: expect.closeTo(7.4 / 7.8, 12),
        costPerMonth: 3.8 * 0.04 * 730,
      },
      resizesPerDay: 12,
      largeResizesPerDay: 12,
      shortHours: [],
    });
  });

  it.each([
    ['at the limit, ours well above', 3.7, 4.2, { avoided: 1, remaining: 0, added: 0 }],
    ['at the limit, ours hardly above', 3.7, 3.8, { avoided: 0, remaining: 1, added: 0 }],
    ['at the limit, ours below', 3.7, 2, { avoided: 0, remaining: 1, added: 0 }],
    ['below the limit, ours below demand', 3, 2, { avoided: 0, remaining: 0, added: 1 }],
    ['below the limit, ours above demand', 3, 3.1, { avoided: 0, remaining: 0, added: 0 }],
  ])('counts an hour %s', (_, demand, ours, limit) => {
    expect(cpuOf(aSeries([demand, 1], [4, 4]), sized(ours, 2))?.limit).toEqual(limit);
  });

  it('counts no row without a size, without a measurement, or before the warm-up is over', () => {
    const series = aSeries([9, 9, Number.NaN, 1, 1], [4, 4, 4, 4, 4]);

    expect(cpuOf(series, sized(undefined, 2, 2, 2, 2), 1.5 * HOUR)).toMatchObject({
      hours: 2,
      ours: { shortHours: 0 },
    });
  });

  it('leaves out what is not known: capacities, prices, meters', () => {
    const series: UseSeries = { ...aSeries([1, 1], [0, Number.NaN]), meters: { net_rx: Float64Array.of(1, 1) } };

    const history = vmHistory(series, [{ net_rx: 2 }, { net_rx: 2 }], { prices: PRICES, warmUp: 0 });

    expect(history.meters).toHaveLength(1);
    expect(history.meters[0]).not.toHaveProperty('before');
    expect(history.meters[0]).not.toHaveProperty('limit');
    expect(history.meters[0]?.ours).not.toHaveProperty('costPerMonth');
    expect(cpuOf(aSeries([1], [0]), sized(2))).not.toHaveProperty('before');
  });

  it('names the hours with the most demand above ours, by their beginning', () => {
    const history = cpuOf(aSeries([3, 1, 5, 1], [4, 4, 4, 4]), sized(2, 2, 2, 2));

    expect(history?.shortHours).toEqual([
      { at: 2 * HOUR, seconds: 3600, demand: 5, ours: 2, capacity: 4, amount: 10_800, unserved: 0.6 },
      { at: 0, seconds: 3600, demand: 3, ours: 2, capacity: 4, amount: 3_600, unserved: 1 / 3 },
    ]);
  });

  it('gives each hour at the limit one fate, and scales with the unit', () => {
    const demand = fc.double({ min: 0.1, max: 8, noNaN: true });
    const row = fc.record({ demand, ours: demand, capacity: demand });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), fc.constantFrom(2, 0.5), (rows, times) => {
        const run = (scale: number): MeterHistory => {
          const series = aSeries(
            rows.map((one) => one.demand * scale),
            rows.map((one) => one.capacity * scale),
          );
          return cpuOf(series, sized(...rows.map(({ ours }) => ours * scale)))!;
        };

        const [one, scaled] = [run(1), run(times)];

        expect(one.limit!.avoided + one.limit!.remaining).toBeCloseTo(one.before!.shortHours, 9);
        expect(scaled.limit).toEqual(one.limit);
        expect(scaled.ours.slack).toBeCloseTo(one.ours.slack, 9);
        expect(one.peak.shortHours).toBe(0);
      }),
    );
  });
});
