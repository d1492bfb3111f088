import { historyWindow, isoOf, periodsIn } from '../../../lib/adapters/history/history-window.ts';

const NOW = Date.parse('2026-11-20T12:03:20Z');

describe('historyWindow', () => {
  it.each([
    ['14d', undefined, '2026-11-06T12:05:00Z', '2026-11-20T11:55:00Z', 300_000],
    ['64d', undefined, '2026-09-17T13:00:00Z', '2026-11-20T11:00:00Z', 3_600_000],
    ['2h', '1m', '2026-11-20T10:04:00Z', '2026-11-20T11:58:00Z', 60_000],
    ['2026-11-19', '10m', '2026-11-19T00:00:00Z', '2026-11-20T11:50:00Z', 600_000],
    ['2026-11-19T00:00:30+01:00', undefined, '2026-11-18T23:05:00Z', '2026-11-20T11:55:00Z', 300_000],
  ])('since %s every %s is %s to %s', (since, period, ...expected) => {
    const window = historyWindow({ since, period }, NOW);

    expect([isoOf(window.from), isoOf(window.until), window.period]).toEqual(expected);
  });

  it('ends with the last whole period before until', () => {
    const window = historyWindow({ since: '2026-11-20T00:00Z', until: '2026-11-20T01:59Z', period: '1h' }, NOW);

    expect(periodsIn(window)).toBe(1);
  });

  it.each([
    ['16d', '1m', /kept for 15 days: use --period 5m/],
    ['64d', '30m', /kept for 63 days: use --period 1h/],
    ['456d', undefined, /kept for 455 days: CloudWatch keeps nothing for so long, use --since 455d/],
    ['1h', '90s', /whole minutes that divide a day/],
    ['1h', '7m', /whole minutes that divide a day/],
    ['8m', undefined, /no whole period between/],
    ['1700000000', undefined, /--since got "1700000000"/],
    ['soon', undefined, /--since got "soon"/],
  ])('refuses since %s every %s', (since, period, message) => {
    expect(() => historyWindow({ since, period }, NOW)).toThrow(message);
  });
});
