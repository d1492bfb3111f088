import { durationWords, levelWords, shareWords, sizeWords } from '../../../lib/core/policy/quantity-words.ts';

describe('words for quantities', () => {
  it.each([
    ['cpu', 1.42, '1.42 vCPU'],
    ['cpu', 1 / 3, '0.3333 vCPU'],
    ['memory', 0, '0 B'],
    ['memory', 1023, '1023 B'],
    ['memory', 512 * 2 ** 20, '512 MiB'],
    ['memory', 1.5 * 2 ** 30, '1.5 GiB'],
    ['disk_read', 50 * 2 ** 20, '50 MiB/s'],
    ['net_tx', 125e6, '119.2 MiB/s'],
    ['net_rx', 2 ** 65, '32768 PiB/s'],
  ] as const)('name %s %d as %s', (meter, value, words) => {
    expect(sizeWords(meter, value)).toBe(words);
  });

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_500, '1.5 s'],
    [90_000, '1.5 min'],
    [7_200_000, '2 h'],
    [864e5 * 30, '30 d'],
  ])('name %d ms as %s', (duration, words) => {
    expect(durationWords(duration)).toBe(words);
  });

  it('name shares and quantile levels', () => {
    expect(shareWords(0.2)).toBe('20 %');
    expect(shareWords(1)).toBe('100 %');
    expect([0.5, 0.95, 0.995].map(levelWords)).toEqual(['p50', 'p95', 'p99.5']);
  });
});
