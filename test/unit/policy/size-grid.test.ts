import { gridAbove, gridBelow } from '../../../lib/core/policy/size-grid.ts';

const range = (step: number) => ({ min: 0, max: 100, step });

describe('the sizes that an actuator can set', () => {
  it.each([
    [0.25, 1.1, 1, 1.25],
    [0.25, 1.25, 1.25, 1.25],
    [0.1, 0.25, 0.2, 0.3],
    [0.1, 0.1 + 0.2, 0.3, 0.3],
    [0.3, 0.9, 0.9, 0.9],
    [0.3, 1, 0.9, 1.2],
    [2 ** 26, 2 ** 40 + 1, 2 ** 40, 2 ** 40 + 2 ** 26],
    [1, 0, 0, 0],
  ])('with step %d lie around %d at %d and %d', (step, value, below, above) => {
    expect([gridBelow(value, range(step)), gridAbove(value, range(step))]).toEqual([below, above]);
  });

  it('are all sizes without a range', () => {
    expect([gridBelow(1.234, undefined), gridAbove(1.234, undefined)]).toEqual([1.234, 1.234]);
  });
});
