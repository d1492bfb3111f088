import { formatChange, formatNumber, formatOf, formatValue } from '../../../lib/view/quantity.ts';

describe('quantities for people', () => {
  it.each([
    ['cpu', 1.5, '1.5 vCPU'],
    ['cpu', 0, '0 vCPU'],
    ['cpu', 0.001, '<0.01 vCPU'],
    ['memory', 512 * 2 ** 20, '512 MiB'],
    ['memory', 1.5 * 2 ** 30, '1.5 GiB'],
    ['memory', 1023, '1023 B'],
    ['disk_read', 2_621_440, '2.5 MiB/s'],
    ['net_tx', 3 * 2 ** 50, '3072 TiB/s'],
    ['net_tx', undefined, '–'],
    ['net_tx', Number.NaN, '–'],
  ] as const)('writes %s of %p as %p', (meter, value, text) => {
    expect(formatValue(meter, value)).toBe(text);
  });

  it('writes a value and its limit in the unit of the larger one', () => {
    expect(formatOf('memory', 512 * 2 ** 20, 2 ** 31)).toBe('0.5 / 2 GiB');
    expect(formatOf('cpu', 0.82, undefined)).toBe('0.82 vCPU');
    expect(formatChange('cpu', undefined, 1.5)).toBe('? → 1.5 vCPU');
  });

  it.each([
    [99.96, '100'],
    [12.34, '12.3'],
    [0.333333, '0.33'],
    [1e9, '1000000000'],
  ])('shortens %p to %p', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
