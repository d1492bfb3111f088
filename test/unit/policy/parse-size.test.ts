import { parseBytes, parseRate, parseShare } from '../../../lib/core/parse-size.ts';
import { refusalOf } from '../../support/refusal-of.ts';

describe('parseBytes', () => {
  it.each([
    ['0B', 0],
    ['4096B', 4096],
    ['1kB', 1000],
    ['1KB', 1000],
    ['512MiB', 512 * 2 ** 20],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['8GB', 8e9],
    ['2TiB', 2 ** 41],
  ])('reads %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['512', '512Mi', '-1GiB', '1e3B', '512mib', '', 'GiB', '0.5B', '9999999TiB', '50MiB/s'])(
    'refuses "%s"',
    (text) => {
      expect(refusalOf(() => parseBytes(text))).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('512MiB'),
      });
    },
  );
});

describe('parseRate', () => {
  it.each([
    ['50MiB/s', 50 * 2 ** 20],
    ['100MB/s', 1e8],
    ['1Gbit/s', 125e6],
    ['100 kbit/s', 12_500],
  ])('reads %s', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(['50MiB', '50', '1Gbps', '1Gb/s', '-1B/s', ''])('refuses "%s"', (text) => {
    expect(refusalOf(() => parseRate(text))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('50MiB/s'),
    });
  });
});

describe('parseShare', () => {
  it.each([
    ['20%', 0.2],
    ['99.5 %', 0.995],
    ['150%', 1.5],
    ['0%', 0],
  ])('reads %s', (text, share) => {
    expect(parseShare(text)).toBeCloseTo(share, 12);
  });

  it.each(['20', '0.2', '-5%', '%', '20 percent'])('refuses "%s"', (text) => {
    expect(refusalOf(() => parseShare(text))).toMatchObject({ code: 'USAGE', message: expect.stringContaining('20%') });
  });
});
