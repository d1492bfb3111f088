import { Reference, REFERENCE_COUNTERS, REFERENCE_SHORTS } from '../../../lib/core/anomaly/reference.ts';
import { forecastScore } from '../../../lib/core/anomaly/forecast-score.ts';
import { normalScore } from '../../../lib/core/anomaly/normal-score.ts';
import { fromShort, toShort } from '../../../lib/core/anomaly/short-float.ts';

/** A reference that took the values as normal, one after the other. */
function referenceOf(values: readonly number[]): Reference {
  const reference = new Reference(new Uint16Array(REFERENCE_SHORTS), new Uint32Array(REFERENCE_COUNTERS));
  for (const value of values) {
    reference.see();
    reference.take(value, false);
  }
  return reference;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + (i % 16) / 16);

describe('Reference', () => {
  it('knows nothing before six samples are out of the queue', () => {
    expect(referenceOf(upTo(6)).isKnown).toBe(false);
    expect(referenceOf(upTo(12)).isKnown).toBe(true);
  });

  it('scores around 0 in the middle, less below, more above, further out the further it is', () => {
    const reference = referenceOf(upTo(60));
    const scores = [0.001, 0.5, 1.5, 3, 30].map((value) => reference.score(value));

    expect(Math.abs(scores[2] ?? 1)).toBeLessThan(0.3);
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(scores[0]).toBeLessThan(-2);
    expect(scores[4]).toBeGreaterThan(2);
  });

  it('scores any use of what was never used, and none of no use', () => {
    const reference = referenceOf(new Array<number>(40).fill(0));

    expect(reference.score(0)).toBe(0);
    expect(reference.score(1e-6)).toBeGreaterThan(3);
    expect(reference.score(1e9)).toBeGreaterThan(3);
  });

  it('does not mind a difference that is small for the level', () => {
    const reference = referenceOf(new Array<number>(40).fill(4));

    expect(reference.score(4.2)).toBeLessThan(0.7);
    expect(reference.score(8)).toBeGreaterThan(3);
  });

  it('forgets the beginning of a young series', () => {
    const reference = referenceOf([...new Array<number>(10).fill(0.01), ...new Array<number>(20).fill(2)]);

    expect(reference.score(0.01)).toBeLessThan(-2);
  });

  it('does not take what was dropped from the queue', () => {
    const reference = referenceOf(upTo(40));
    for (let i = 0; i < 6; i += 1) reference.take(1000, false);
    reference.dropQueue();
    for (const value of upTo(40)) reference.take(value, false);

    expect(reference.score(1000)).toBeGreaterThan(3);
  });

  it('takes a quarter of what is suspect', () => {
    const [trusting, wary] = [referenceOf(upTo(40)), referenceOf(upTo(40))];
    for (let i = 0; i < 12; i += 1) {
      trusting.take(100, false);
      wary.take(100, true);
    }

    expect(wary.score(100)).toBeGreaterThan(trusting.score(100));
  });

  it('begins anew', () => {
    const reference = referenceOf(upTo(100));
    reference.beginAnew();

    expect(reference.isKnown).toBe(false);
    expect(reference.seen).toBe(0);
  });
});

describe('normalScore', () => {
  it.each([
    [0.005, -2.5758],
    [0.025, -1.96],
    [0.5, 0],
    [0.8413, 1],
    [0.99, 2.3263],
  ])('of %d is %d', (p, score) => {
    expect(Math.abs(normalScore(p) - score)).toBeLessThan(0.01);
  });
});

describe('forecastScore', () => {
  const quantiles = [1, 2, 3, 4, 5, 6];

  it.each([
    [0, 0],
    [1, 0],
    [2, normalScore(0.8)],
    [2.5, (normalScore(0.8) + normalScore(0.9)) / 2],
    [6, normalScore(0.995)],
    [11, normalScore(0.995) + Math.log(2)],
  ])('of %d is %d', (value, score) => {
    expect(forecastScore(value, quantiles, 0)).toBeCloseTo(score, 10);
  });

  it('of a value at a forecast that is certain is 0, and above it large', () => {
    expect(forecastScore(3, [3, 3, 3, 3, 3, 3], 0.5)).toBe(0);
    expect(forecastScore(9, [3, 3, 3, 3, 3, 3], 0.5)).toBeGreaterThan(5);
  });
});

describe('short floats', () => {
  it('keep zero, powers of two and everything else within 0.8 percent', () => {
    for (const exact of [0, 1, 2 ** 40, 2 ** -20]) expect(fromShort(toShort(exact))).toBe(exact);
    for (const value of [0.1, 3.14159, 1e-20, 9e29]) {
      expect(Math.abs(fromShort(toShort(value)) / value - 1)).toBeLessThan(0.008);
    }
  });
});
