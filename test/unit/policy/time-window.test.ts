import { isInWindow, parseWindow } from '../../../lib/core/policy/time-window.ts';
import { refusalOf } from '../../support/refusal-of.ts';

const at = (iso: string): number => Date.parse(iso);
const isIn = (window: string, iso: string): boolean => isInWindow(parseWindow(window), at(iso));

describe('a window of time', () => {
  it('is given as days, hours and a time zone', () => {
    expect(parseWindow('Sat-Sun 00:00-06:00 Europe/Berlin')).toEqual({
      days: [0, 6],
      begin: 0,
      end: 360,
      zone: 'Europe/Berlin',
      text: 'Sat-Sun 00:00-06:00 Europe/Berlin',
    });
  });

  it('is every day and in UTC unless it says otherwise', () => {
    expect(parseWindow('01:30-02:00')).toMatchObject({ days: [0, 1, 2, 3, 4, 5, 6], begin: 90, end: 120, zone: 'UTC' });
    expect(parseWindow('daily 01:30-02:00')).toMatchObject({ days: [0, 1, 2, 3, 4, 5, 6] });
  });

  it.each([
    ['Mon', [1]],
    ['mon,WED', [1, 3]],
    ['Mon-Fri', [1, 2, 3, 4, 5]],
    ['Fri-Mon', [0, 1, 5, 6]],
    ['Mon,Fri-Sat', [1, 5, 6]],
  ])('takes %s as days %j', (days, numbers) => {
    expect(parseWindow(`${days} 00:00-24:00`).days).toEqual(numbers);
  });

  it('holds its begin and not its end', () => {
    expect(isIn('08:00-09:00', '2025-10-09T07:59:59.999Z')).toBe(false);
    expect(isIn('08:00-09:00', '2025-10-09T08:00:00Z')).toBe(true);
    expect(isIn('08:00-09:00', '2025-10-09T08:59:59.999Z')).toBe(true);
    expect(isIn('08:00-09:00', '2025-10-09T09:00:00Z')).toBe(false);
  });

  it('is on the wall clock of its zone', () => {
    expect(isIn('Sat-Sun 00:00-06:00 Europe/Berlin', '2025-10-10T22:30:00Z')).toBe(true);
    expect(isIn('Sat-Sun 00:00-06:00 Europe/Berlin', '2025-10-10T21:30:00Z')).toBe(false);
    expect(isIn('Sat-Sun 00:00-06:00 Asia/Kolkata', '2025-10-10T18:30:00Z')).toBe(true);
  });

  it('ends on the next day when it ends before it begins, and belongs to the day it begins on', () => {
    expect(isIn('Sat 22:00-04:00', '2025-10-11T23:00:00Z')).toBe(true);
    expect(isIn('Sat 22:00-04:00', '2025-10-12T03:59:00Z')).toBe(true);
    expect(isIn('Sat 22:00-04:00', '2025-10-12T04:00:00Z')).toBe(false);
    expect(isIn('Sat 22:00-04:00', '2025-10-11T03:00:00Z')).toBe(false);
    expect(isIn('Sat 22:00-00:00', '2025-10-12T00:00:00Z')).toBe(false);
  });

  it('leaves out the hour that clocks skip and counts the hour that comes twice both times', () => {
    // Berlin goes from 02:00 to 03:00 at 2025-03-30T01:00Z and from 03:00 back to 02:00 at 2025-10-26T01:00Z.
    const skipped = ['2025-03-30T00:59:00Z', '2025-03-30T01:00:00Z', '2025-03-30T01:30:00Z'];
    const twice = ['2025-10-26T00:30:00Z', '2025-10-26T01:30:00Z', '2025-10-26T02:00:00Z'];

    expect(skipped.map((iso) => isIn('02:00-03:00 Europe/Berlin', iso))).toEqual([false, false, false]);
    expect(twice.map((iso) => isIn('02:00-03:00 Europe/Berlin', iso))).toEqual([true, true, false]);
  });

  it.each([
    ['', 'write it as'],
    ['Sat 1:00-2:00', 'write it as'],
    ['Sat 01:00', 'write it as'],
    ['24:00-06:00', 'it begins between 00:00 and 23:59'],
    ['01:60-06:00', 'it begins between'],
    ['01:00-24:01', 'it ends between 00:00 and 24:00'],
    ['01:00-01:00', 'for the whole day write 00:00-24:00'],
    ['01:00-02:00 Mars/Base', '"Mars/Base" is not a time zone'],
    ['Son 01:00-02:00', '"Son" names no days'],
    ['Mon-Wed-Fri 01:00-02:00', 'names no days'],
    ['Mon, 01:00-02:00', 'names no days'],
  ])('refuses "%s" and says why', (text, words) => {
    expect(refusalOf(() => parseWindow(text))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(words),
    });
  });
});
