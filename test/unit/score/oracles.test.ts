import fc from 'fast-check';
import { decisionsInForce, knownSamples, type KnownSamples } from '../../../lib/core/score/known-samples.ts';
import { clairvoyant, offlineOptimum } from '../../../lib/core/score/oracles.ts';

function known(values: readonly number[], hold = 1000): KnownSamples {
  const times = Float64Array.from(values, (_, i) => i * 1000);
  const inForce = decisionsInForce(times, { lead: 1000, hold });
  return knownSamples({ vm: 'a', times, meters: { cpu: Float64Array.from(values) } }, 'cpu', {
    inForce,
    scoredFrom: 1000,
  })!;
}

describe('a perfect forecast', () => {
  it('is the highest demand of each window', () => {
    expect(Array.from(clairvoyant.sizes(known([1, 5, 2, 3, 4, 9, 1], 2000)))).toEqual([Number.NaN, 5, 5, 4, 4, 9, 9]);
  });
});

describe('the offline optimum', () => {
  const price = (setting: string): number => offlineOptimum.settings.indexOf(setting);
  const pathOf = (samples: KnownSamples, setting: string): number[] => {
    const n = samples.demand.length;
    return Array.from(offlineOptimum.sizes(samples).subarray(price(setting) * n + 1, (price(setting) + 1) * n));
  };

  it('costs no more than any other path over the same capacities', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 }), (values) => {
        const demand = values.slice(1);
        const mean = demand.reduce((sum, value) => sum + value, 0) / demand.length;
        const cost = (path: readonly number[]): number =>
          path.reduce((sum, size, i) => {
            const change = i > 0 && size !== path[i - 1] ? mean : 0;
            return sum + size + change + (demand[i]! > size ? 4 * mean : 0);
          }, 0);
        const capacities = [...new Set(demand)];
        const paths = demand.reduce<number[][]>(
          (begun) => begun.flatMap((path) => capacities.map((size) => [...path, size])),
          [[]],
        );

        expect(cost(pathOf(known(values), '4'))).toBeCloseTo(Math.min(...paths.map(cost)), 9);
      }),
      { numRuns: 25 },
    );
  });

  it('misses nothing when a violation is dear, and changes rarely', () => {
    const values = Array.from({ length: 200 }, (_, i) => 1 + (i % 2) / 10 + (i > 100 ? 3 : 0));

    const path = pathOf(known(values), '1000');

    expect(path.every((size, i) => size >= values[i + 1]!)).toBe(true);
    expect(path.filter((size, i) => i > 0 && size !== path[i - 1])).toHaveLength(1);
  });
});
