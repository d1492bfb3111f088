import fc from 'fast-check';
import { fourier, inverseFourier } from '../../../lib/core/peers/fourier.ts';
import { DecayingHistogram } from '../../../lib/core/peers/histogram.ts';
import { isPeriodic } from '../../../lib/core/peers/period.ts';
import { slidingMaximum } from '../../../lib/core/peers/sliding-maximum.ts';
import { SortedWindow } from '../../../lib/core/peers/sorted-window.ts';

const numbers = (most: number) =>
  fc.array(fc.double({ min: 0, max: 1000, noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: most });

describe('the Fourier transform', () => {
  it('is the sum that defines it, at any length', () => {
    fc.assert(
      fc.property(numbers(40), (values) => {
        const n = values.length;
        const { re, im } = fourier({ re: Float64Array.from(values), im: new Float64Array(n) });
        for (let k = 0; k < n; k += 1) {
          const angle = (t: number): number => (2 * Math.PI * k * t) / n;
          expect(re[k]).toBeCloseTo(
            values.reduce((sum, x, t) => sum + x * Math.cos(angle(t)), 0),
            6,
          );
          expect(im[k]).toBeCloseTo(
            values.reduce((sum, x, t) => sum - x * Math.sin(angle(t)), 0),
            6,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('comes back from its inverse', () => {
    fc.assert(
      fc.property(numbers(300), (values) => {
        const n = values.length;
        const { re } = inverseFourier(fourier({ re: Float64Array.from(values), im: new Float64Array(n) }));
        for (const [t, x] of values.entries()) expect(re[t]).toBeCloseTo(x, 6);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the period test', () => {
  const signal = (of: (t: number) => number): Float64Array => Float64Array.from({ length: 480 }, (_, t) => of(t));

  it('finds a wave in noise', () => {
    let state = 1;
    const noise = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;

    expect(
      isPeriodic(
        signal((t) => Math.sin((2 * Math.PI * t) / 48) + noise()),
        48,
        12,
      ),
    ).toBe(true);
    expect(isPeriodic(signal(noise), 48, 12)).toBe(false);
  });

  it('tells a constant, another period and half a history from it', () => {
    expect(
      isPeriodic(
        signal(() => 1),
        48,
        12,
      ),
    ).toBe(false);
    expect(
      isPeriodic(
        signal((t) => Math.sin((2 * Math.PI * t) / 30)),
        48,
        12,
      ),
    ).toBe(false);
    expect(isPeriodic(signal((t) => Math.sin((2 * Math.PI * t) / 48)).subarray(0, 90), 48, 12)).toBe(false);
  });
});

describe('the decaying histogram', () => {
  it('gives a percentile within one bucket of 5 % above the true one', () => {
    fc.assert(
      fc.property(numbers(60), fc.double({ min: 0.01, max: 1, noNaN: true }), (values, level) => {
        const histogram = new DecayingHistogram(0.01, Infinity);
        for (const value of values) histogram.add(value, 0);
        const out = new Float64Array(1);
        histogram.quantiles([level], out);
        const exact = [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(level * values.length - 1e-9) - 1)]!;
        expect(out[0]).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(out[0]).toBeLessThanOrEqual(exact * 1.05 + 0.0101);
      }),
    );
  });

  it('halves a weight in a half-life, over any length of time', () => {
    const histogram = new DecayingHistogram(0.01, 1000);
    const out = new Float64Array(2);
    for (let i = 0; i < 10; i += 1) histogram.add(1, 0);
    histogram.add(100, 3000);
    // 10 / 8 = 1.25 old samples against one new: the median is old, the 60th percentile new.
    histogram.quantiles([0.5, 0.6], out);
    expect(out[0]).toBeLessThan(2);
    expect(out[1]).toBeGreaterThan(99);

    histogram.add(1, 5_000_000);
    histogram.quantiles([0.5, 1], out);
    expect(out[0]).toBeLessThan(2);
  });

  it('takes a sample away that was added', () => {
    const histogram = new DecayingHistogram(0.01, 1000);
    histogram.add(1, 0);
    histogram.add(50, 500);
    histogram.add(50, 500, -1);
    const out = new Float64Array(1);
    histogram.quantiles([1], out);

    expect(out[0]).toBeLessThan(60);
    histogram.quantiles([0.99], out);
    expect(out[0]).toBeLessThan(2);
  });
});

describe('windows', () => {
  it('give the same maximum as looking at each window', () => {
    fc.assert(
      fc.property(numbers(50), fc.integer({ min: 1, max: 20 }), (values, window) => {
        const column = Float64Array.from([7, ...values]);
        slidingMaximum(column, { from: 1, n: values.length, window });
        const wanted = values.map((_, i) => Math.max(...values.slice(Math.max(0, i - window + 1), i + 1)));
        expect(Array.from(column)).toEqual([7, ...wanted]);
      }),
    );
  });

  it('keep their samples in order', () => {
    fc.assert(
      fc.property(numbers(150), fc.nat(), (values, seed) => {
        const window = new SortedWindow();
        for (const value of values) window.add(value);
        const removed = values.slice(0, seed % values.length);
        for (const value of removed) window.remove(value);
        const left = values.slice(removed.length).sort((a, b) => a - b);
        expect(window.size).toBe(left.length);
        expect([0, 0.5, 1].map((level) => window.quantile(level))).toEqual([
          left[0],
          left.length % 2 === 1
            ? left[(left.length - 1) / 2]
            : expect.closeTo((left[left.length / 2 - 1]! + left[left.length / 2]!) / 2, 9),
          left.at(-1),
        ]);
      }),
    );
  });
});
