import { linear, niceTicks, relativeTime, timeStep } from '../../../lib/view/svg/scale.ts';
import { splitAtGaps, steps } from '../../../lib/view/svg/path.ts';

describe('scales', () => {
  it('maps a domain to a range, and an empty domain to its start', () => {
    expect(linear([0, 10], [100, 0])(2.5)).toBe(75);
    expect(linear([3, 3], [100, 0])(3)).toBe(100);
  });

  it.each([
    [1, 4, [0, 0.5, 1]],
    [4, 4, [0, 1, 2, 3, 4]],
    [4.1, 4, [0, 2, 4, 6]],
    [0.3, 3, [0, 0.1, 0.2, 0.3]],
    [730, 4, [0, 200, 400, 600, 800]],
    [0, 4, [0, 1]],
    [Number.NaN, 4, [0, 1]],
  ])('marks an axis up to %p', (max, count, ticks) => {
    expect(niceTicks(max, count)).toEqual(ticks);
  });

  it.each([
    [85_000, 6, 15_000],
    [3_600_000, 4, 900_000],
    [30 * 86_400_000, 4, 14 * 86_400_000],
  ])('steps through %p ms in at most %p marks', (duration, count, step) => {
    expect(timeStep(duration, count)).toBe(step);
  });

  it.each([
    [0, 'now'],
    [-15_000, '−15 s'],
    [-90_000, '−90 s'],
    [-120_000, '−2 min'],
    [7_200_000, '+2 h'],
    [-172_800_000, '−2 d'],
  ])('says %p ms as %p', (offset, words) => {
    expect(relativeTime(offset)).toBe(words);
  });
});

describe('paths', () => {
  it('draws a limit as a staircase without corners in the middle of a step', () => {
    const limits = [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
    ] as const;

    expect(steps(limits, 6)).toEqual([
      [0, 1],
      [3, 1],
      [3, 2],
      [6, 2],
    ]);
    expect(steps([], 6)).toEqual([]);
  });

  it('leaves a hole where samples are missing', () => {
    const samples = [0, 1, 2, 9, 10].map((at) => ({ at }));

    expect(splitAtGaps(samples, 3).map((run) => run.length)).toEqual([3, 2]);
  });
});
