import { MAXIMA } from '../../../lib/core/forecast/moving-maxima.ts';
import { relate, TRAIT_FLOATS, Traits, TRAITS, unrelate } from '../../../lib/core/forecast/traits.ts';

const outlook = { steps: { lead: 1, hold: 1 }, step: 60_000, reached: undefined, onHand: undefined };

function traitsOf(values: readonly number[]): Float64Array {
  const traits = new Traits(new Float32Array(TRAIT_FLOATS));
  for (const [n, value] of values.entries()) traits.see(n, value);
  const [maxima, out] = [new Float64Array(MAXIMA), new Float64Array(TRAITS)];
  traits.maxima(values.length - 1, maxima);
  traits.describe(values.length, { ...outlook, maxima, samples: values.length }, out);
  return out;
}

describe('Traits', () => {
  it('are the same for a meter that is a thousand times larger', () => {
    const values = [1, 5, 2, 0, 0, 3, 1, 1, 4];

    const [small, large] = [traitsOf(values), traitsOf(values.map((value) => 1024 * value))];

    for (const [i, value] of small.entries()) expect(large[i]!).toBeCloseTo(value, 5);
  });

  it('are numbers for a meter that was never used', () => {
    for (const value of traitsOf([0, 0, 0])) expect(Number.isFinite(value)).toBe(true);
  });

  it('tell the last sample from the highest', () => {
    const [last = 0, , highest = 0] = traitsOf([8, 1]);

    expect(highest).toBeCloseTo(Math.log(1.002), 2);
    expect(last).toBeCloseTo(Math.log(1 / 8 + 0.002), 2);
  });

  it('take the time since a burst, up to where it says no more', () => {
    const since = (samples: number): number => traitsOf([9, ...new Array<number>(samples).fill(1)])[9] ?? 0;

    expect(since(0)).toBe(0);
    expect(since(10)).toBeCloseTo(Math.log(11), 5);
  });
});

describe('relate', () => {
  it('is undone by unrelate', () => {
    const values = Float64Array.of(0, 1, 40);
    relate(values, 0, 3, 40);

    expect(Array.from(values, (value) => Math.round(1e6 * unrelate(value, 40)) / 1e6)).toEqual([0, 1, 40]);
  });

  it('never foresees more than seven and a half peaks', () => {
    expect(unrelate(50, 2)).toBeLessThan(15);
  });
});
