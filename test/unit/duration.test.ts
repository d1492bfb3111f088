import { parseDuration } from '../../lib/core/duration.ts';
import { refusalOf } from '../support/refusal-of.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0s', 0],
    [' 0.1s ', 100],
  ])('reads %s', (text, duration) => {
    expect(parseDuration(text)).toBe(duration);
  });

  it.each(['5', '', 's', '-5s', '5 parsecs', '1e3s', '0.0001s', '999999999999d'])('refuses "%s"', (text) => {
    expect(refusalOf(() => parseDuration(text))).toMatchObject({ code: 'USAGE' });
  });
});
