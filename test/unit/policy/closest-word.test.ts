import { closestWord } from '../../../lib/adapters/policy/closest-word.ts';

const KEYS = ['name', 'match', 'stale', 'defaults', 'cpu', 'memory', 'image', 'step'];

describe('closestWord', () => {
  it.each([
    ['nmae', 'name'],
    ['setp', 'step'],
    ['memroy', 'memory'],
    ['Match', 'match'],
    ['default', 'defaults'],
    ['cpus', 'cpu'],
  ])('takes %s for %s', (typed, meant) => {
    expect(closestWord(typed, KEYS)).toBe(meant);
  });

  it.each(['', 'x', 'gpu2', 'windows', 'actuator'])('takes "%s" for nothing', (typed) => {
    expect(closestWord(typed, KEYS)).toBeUndefined();
  });
});
