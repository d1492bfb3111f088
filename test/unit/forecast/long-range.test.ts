import fc from 'fast-check';
import { forecastLongRange } from '../../../lib/core/forecast/long-range/long-range.ts';

const LEVELS = [0.1, 0.5, 0.9];
const DAY = 48;

/** A seeded generator: the tests see the same noise on every machine. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const aPast = (length: number, of: (t: number) => number): Float64Array =>
  Float64Array.from({ length }, (_, t) => of(t));

/** Days with a hump and noise. */
function days(count: number, noise = 0.2): Float64Array {
  const next = chance(3);
  return aPast(count * DAY, (t) => 2 + Math.sin((2 * Math.PI * t) / DAY) + noise * next());
}

const forecast = (past: Float64Array, horizon = 12, levels: readonly number[] = LEVELS): number[] =>
  Array.from(forecastLongRange(past, { horizon, day: DAY, levels }) ?? []);

const amounts = fc.array(
  fc.oneof(fc.constant(0), fc.constant(Number.NaN), fc.double({ min: 0, max: 1e12, noNaN: true })),
  {
    minLength: 1,
    maxLength: 150,
  },
);

describe('forecastLongRange', () => {
  it('says nothing of a past without a known step', () => {
    expect(forecastLongRange(new Float64Array(0), { horizon: 2, day: DAY, levels: LEVELS })).toBeUndefined();
    expect(
      forecastLongRange(
        aPast(9, () => Number.NaN),
        { horizon: 2, day: DAY, levels: LEVELS },
      ),
    ).toBeUndefined();
  });

  it('forecasts a constant as that constant, zero included, from an hour of five minutes on', () => {
    for (const [value, length] of [
      [3, 12],
      [3, 40],
      [0, 200],
      [2.5e9, 300],
    ] as const) {
      const values = forecast(aPast(length, () => value));
      expect(values).toHaveLength(36);
      for (const own of values) expect(Math.abs(own - value)).toBeLessThanOrEqual(1e-9 * value);
    }
  });

  it('rises with the level, is finite and never negative, whatever the past', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 15 }), (past, horizon) => {
        fc.pre(past.some((value) => !Number.isNaN(value)));
        const levels = [0.01, 0.1, 0.33, 0.5, 0.9, 0.999];
        const values = forecast(Float64Array.from(past), horizon, levels);

        expect(values).toHaveLength(horizon * levels.length);
        for (const [i, value] of values.entries()) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(i % levels.length === 0 ? 0 : (values[i - 1] ?? 0));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('scales with the past', () => {
    const past = days(6);
    const once = forecast(past);
    const times = forecast(past.map((value) => value * 2 ** 20));

    for (const [i, value] of once.entries()) expect(times[i]! / 2 ** 20).toBeCloseTo(value, 6);
  });

  it('says the same when it is asked again', () => {
    expect(forecast(days(5))).toEqual(forecast(days(5)));
  });

  it('follows a daily hump with most of the truth between its outer levels', () => {
    const all = days(12);
    const horizon = DAY;
    const values = forecast(all.slice(0, 10 * DAY + 7), horizon);

    let inside = 0;
    for (let k = 0; k < horizon; k += 1) {
      const [low = 0, middle = 0, high = 0] = values.slice(3 * k, 3 * k + 3);
      const truth = all[10 * DAY + 7 + k]!;
      expect(Math.abs(middle - truth)).toBeLessThan(0.4);
      if (low <= truth && truth <= high) inside += 1;
    }
    expect(inside / horizon).toBeGreaterThan(0.55);
  });

  it('finds a pattern that repeats in other times than the day', () => {
    const past = aPast(700, (t) => (t % 17 === 5 ? 9 : 1));
    const values = forecast(past, 34, [0.5]);

    for (const [k, value] of values.entries()) {
      if ((700 + k) % 17 === 5) expect(value).toBeGreaterThan(7);
      else expect(value).toBeLessThan(1.8);
    }
  });

  it('is unsure where the past is short and wild', () => {
    const next = chance(5);
    const [low = 0, , high = 0] = forecast(aPast(12, () => 10 * next()));

    expect(high - low).toBeGreaterThan(3);
  });

  it('is unsure after a few steps even if they were alike, and sure of zero', () => {
    expect(
      forecast(
        aPast(1, () => 4),
        1,
      ),
    ).toEqual([expect.closeTo(2.4), expect.closeTo(4), expect.closeTo(5.6)]);
    expect(
      forecast(
        aPast(1, () => 0),
        1,
      ),
    ).toEqual([0, 0, 0]);
  });

  it('looks through holes', () => {
    const next = chance(9);
    const past = days(10).map((value) => (next() < 0.3 ? Number.NaN : value));
    const values = forecast(past, DAY, [0.5]);

    for (const [k, value] of values.entries())
      expect(Math.abs(value - 2.1 - Math.sin((2 * Math.PI * k) / DAY))).toBeLessThan(0.5);
  });
});
