import { fallOf, SHIFT_FLOATS } from '../../../lib/core/forecast/level-shift.ts';
import { FLEET_PRIORS } from '../../../lib/core/forecast/fleet-prior.ts';
import { MeterModel } from '../../../lib/core/forecast/meter-model.ts';
import { TRAIT_FLOATS, Traits } from '../../../lib/core/forecast/traits.ts';
import { chance } from '../../support/noise-series.ts';

/** The ratios other than 1 that a series gives, with the number of the sample. */
function fallsIn(values: readonly number[], isCapped = false): [number, number][] {
  const traits = new Traits(new Float32Array(TRAIT_FLOATS));
  const state = new Float32Array(SHIFT_FLOATS);
  const falls: [number, number][] = [];
  for (const [n, value] of values.entries()) {
    traits.see(n, value);
    const ratio = fallOf(state, 0, { n, value, capped: isCapped }, traits);
    if (ratio === 1) continue;
    falls.push([n, ratio]);
    traits.rescale(ratio);
  }
  return falls;
}

const next = chance(3);
const around = (level: number, n: number): number[] => Array.from({ length: n }, () => level * (0.9 + 0.2 * next()));

describe('a fall of the level', () => {
  it('is told after 24 samples, with the ratio of the levels', () => {
    const [fall, ...more] = fallsIn([...around(10, 300), ...around(3, 100)]);

    expect(fall?.[0]).toBeGreaterThanOrEqual(312);
    expect(fall?.[0]).toBeLessThan(330);
    expect(fall?.[1]).toBeGreaterThan(0.25);
    expect(fall?.[1]).toBeLessThan(0.6);
    expect(more).toEqual([]);
  });

  it.each([
    ['noise', around(10, 2000)],
    ['a rise', [...around(3, 300), ...around(10, 300)]],
    ['less than a third', [...around(10, 300), ...around(8, 300)]],
    ['a stop', [...around(10, 300), ...new Array<number>(300).fill(0)]],
    ['a VM that is new', [...around(10, 60), ...around(3, 40)]],
    ['bursts that pause', Array.from({ length: 600 }, (_, i) => (i % 100 < 5 ? 30 : 1 + (i % 3)))],
  ])('is not %s', (_, values) => {
    expect(fallsIn(values)).toEqual([]);
  });

  it('is not a limit', () => {
    expect(fallsIn([...around(10, 300), ...around(3, 100)], true)).toEqual([]);
  });

  it('brings forecasts down with it, and nothing that was below', () => {
    const model = new MeterModel(FLEET_PRIORS.cpu);
    const window = { lead: 1, hold: 1 };
    const read = (i: number): number[] => {
      const values: number[] = [];
      model.read(values, { at: i * 1000, step: 1000 }, window);
      return values;
    };
    const values = [...around(10, 300), ...around(2, 60)];
    for (const [i, value] of values.entries())
      model.observe({ value, capped: false, at: i * 1000, step: 1000 }, window);

    const [median, , , , high = 0] = read(359);
    expect(median).toBeGreaterThan(1.8);
    expect(median).toBeLessThan(2.4);
    expect(high).toBeGreaterThan(2.1);
    expect(high).toBeLessThan(4);
  });
});
