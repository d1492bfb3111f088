import { countWords, dollarWords, hourWords, percentWords, ratioWords } from '../../../../lib/view/report/figures.ts';

describe('figures of reports', () => {
  it.each([
    [0, '0 %'],
    [0.000_01, '<0.01 %'],
    [0.0097, '0.97 %'],
    [0.00999, '1.0 %'],
    [0.0994, '9.9 %'],
    [0.684, '68 %'],
    [-0.32, '−32 %'],
    [12, '1200 %'],
  ])('shares: %d is %s', (share, words) => {
    expect(percentWords(share)).toBe(words);
  });

  it.each([
    [61.5, '$61.50'],
    [1234.5, '$1,235'],
    [-0.001, '$0.00'],
    [-12, '−$12.00'],
  ])('dollars: %d is %s', (dollars, words) => {
    expect(dollarWords(dollars)).toBe(words);
  });

  it.each([
    [countWords(85_934.4), '85,934'],
    [countWords(0.9339), '0.934'],
    [countWords(-1_500), '−1,500'],
    [hourWords(0), '0 h'],
    [hourWords(0.75), '45 min'],
    [hourWords(201.25), '201 h'],
    [ratioWords(0.6784), '0.68'],
    [ratioWords(12.36), '12.4'],
  ])('%s is %s', (words, expected) => {
    expect(words).toBe(expected);
  });
});
