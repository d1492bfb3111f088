import { Fault } from '../fault.ts';
import type { EpochMs } from '../units.ts';

/** Hours of the week in which something is allowed, on the wall clock of a time zone. */
export interface TimeWindow {
  /** Days on which it begins: 0 is Sunday, 6 is Saturday. */
  readonly days: readonly number[];
  /** Minute of the day at which it begins, 0 to 1439. */
  readonly begin: number;
  /** Minute of the day at which it ends, not included, 1 to 1440; not above `begin` when it ends on the next day. */
  readonly end: number;
  /** IANA name, for instance Europe/Berlin. */
  readonly zone: string;
  /** As it was written. */
  readonly text: string;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const FORM = /^(?:(\S+)\s+)?(\d{2}):(\d{2})-(\d{2}):(\d{2})(?:\s+(\S+))?$/;

/**
 * Reads `[days] HH:MM-HH:MM [zone]`: days are names (Mon ... Sun), ranges and lists of them (`Sat-Sun`, `Mon,Wed-Fri`) or
 * `daily`, and without them every day; the zone is UTC unless given. The end is not included; an end at or before the
 * begin is on the next day, so `Sat 22:00-04:00` ends on Sunday at four. Throws Fault USAGE.
 */
export function parseWindow(text: string): TimeWindow {
  const match = FORM.exec(text.trim());
  if (match === null) throw invalid(text, 'write it as Sat-Sun 00:00-06:00 Europe/Berlin');
  const [, days = 'daily', beginHour, beginMinute, endHour, endMinute, zone = 'UTC'] = match;
  const begin = minuteOfDay(beginHour, beginMinute);
  const end = minuteOfDay(endHour, endMinute);
  if (begin === undefined || begin === 1440) throw invalid(text, 'it begins between 00:00 and 23:59');
  if (end === undefined) throw invalid(text, 'it ends between 00:00 and 24:00');
  if (begin === end) throw invalid(text, 'it ends when it begins: for the whole day write 00:00-24:00');
  if (!isTimeZone(zone)) throw invalid(text, `"${zone}" is not a time zone: write one such as Europe/Berlin or UTC`);
  return { days: parseDays(days, text), begin, end, zone, text: text.trim() };
}

/**
 * Whether a time is in a window, on the wall clock of its zone. Where clocks are put forward, the hour that is left out
 * is in no window; where they are put back, the hour that comes twice counts both times.
 */
export function isInWindow(window: TimeWindow, at: EpochMs): boolean {
  const { day, minute } = wallClock(window.zone, at);
  if (window.begin < window.end) return window.days.includes(day) && minute >= window.begin && minute < window.end;
  const dayBefore = (day + 6) % 7;
  return (
    (window.days.includes(day) && minute >= window.begin) || (window.days.includes(dayBefore) && minute < window.end)
  );
}

/** One formatter for each zone: making one costs as much as a hundred uses. Bounded by the zones of the policies. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function wallClock(zone: string, at: EpochMs): { readonly day: number; readonly minute: number } {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(zone, formatter);
  }
  const parts = new Map(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? ''),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function minuteOfDay(hour: string | undefined, minute: string | undefined): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return total <= 1440 && Number(minute) < 60 ? total : undefined;
}

function parseDays(text: string, window: string): readonly number[] {
  if (text.toLowerCase() === 'daily') return EVERY_DAY;
  const days = new Set(text.split(',').flatMap((part) => daysOfRange(part, window)));
  return EVERY_DAY.filter((day) => days.has(day));
}

function daysOfRange(text: string, window: string): readonly number[] {
  const ends = text.split('-').map((name) => DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase()));
  const [first, last = first] = ends;
  if (first === undefined || last === undefined || ends.length > 2 || ends.includes(-1)) {
    throw invalid(window, `"${text}" names no days: write Mon, Sat-Sun, Mon,Wed or daily`);
  }
  const length = ((last - first + 7) % 7) + 1;
  return Array.from({ length }, (_, offset) => (first + offset) % 7);
}

function invalid(text: string, wanted: string): Fault {
  return new Fault('USAGE', `"${text}" is not a window of time: ${wanted}`);
}
