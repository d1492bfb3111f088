import { parseDuration } from '../../core/duration.ts';
import { Fault } from '../../core/fault.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type DurationMs, type EpochMs } from '../../core/units.ts';
import { timeOf } from '../trace/csv-cells.ts';

/** Which part of the past is wanted, in whole periods: [from, until). */
export interface HistoryWindow {
  readonly from: EpochMs;
  readonly until: EpochMs;
  readonly period: DurationMs;
}

/** What was asked for, as a person writes it. */
export interface WindowWords {
  /** `14d` before now, or ISO 8601. */
  readonly since: string;
  /** As `since`; now when left out. */
  readonly until?: string | undefined;
  /** `1m`, `5m`, `1h`; the finest that is still kept for `since` when left out, but not below 5 minutes. */
  readonly period?: string | undefined;
}

/**
 * How long CloudWatch keeps points of a period; coarser ones are made from them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const KEPT: readonly { readonly period: DurationMs; readonly words: string; readonly for: DurationMs }[] = [
  { period: MINUTE_MS, words: '1m', for: 15 * DAY_MS },
  { period: 5 * MINUTE_MS, words: '5m', for: 63 * DAY_MS },
  { period: HOUR_MS, words: '1h', for: 455 * DAY_MS },
];
/** Without detailed monitoring EC2 sends a point every 5 minutes. */
const USUAL_PERIOD: DurationMs = 5 * MINUTE_MS;
/** A period counts as complete this long after its end: measurements arrive late, and a sum without them would be too low. */
const SETTLING: DurationMs = 5 * MINUTE_MS;

/**
 * The window in whole periods; a last one that is not complete is left out. Throws Fault USAGE for words that are no times, an
 * empty window, and a period that is not kept for so long: the message names the one that is.
 */
export function historyWindow({ since, until, period }: WindowWords, now: EpochMs): HistoryWindow {
  const asked = timeAt(since, '--since', now);
  const step = period === undefined ? defaultPeriod(now - asked) : parsePeriod(period);
  checkKept(step, now - asked, since);
  const from = Math.ceil(asked / step) * step;
  const end = Math.min(until === undefined ? now : timeAt(until, '--until', now), now - SETTLING);
  const whole = Math.floor(end / step) * step;
  if (whole <= from) {
    throw new Fault('USAGE', `no whole period between ${isoOf(asked)} and ${isoOf(end)}: ask for more with --since`);
  }
  return { from, until: whole, period: step };
}

/** How many periods a window has. */
export const periodsIn = ({ from, until, period }: HistoryWindow): number => Math.round((until - from) / period);

/** A time for people and for APIs: ISO 8601 in UTC, without milliseconds. */
export const isoOf = (at: EpochMs): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');

function timeAt(words: string, option: string, now: EpochMs): EpochMs {
  if (/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/.test(words.trim())) return now - parseDuration(words);
  const at = /^\d{4}-\d{2}-\d{2}$/.test(words.trim()) ? timeOf(`${words.trim()}T00:00Z`) : timeOf(words);
  if (at === undefined || /^[\d.]+$/.test(words.trim())) {
    throw new Fault(
      'USAGE',
      `${option} got "${words}", wanted a length of time such as 14d or a time such as 2026-11-01T00:00Z`,
    );
  }
  return at;
}

function defaultPeriod(age: DurationMs): DurationMs {
  const kept = KEPT.find((row) => row.period >= USUAL_PERIOD && row.for >= age);
  return (kept ?? KEPT.at(-1))?.period ?? HOUR_MS;
}

function parsePeriod(words: string): DurationMs {
  const period = parseDuration(words);
  if (period < MINUTE_MS || period % MINUTE_MS !== 0 || DAY_MS % period !== 0) {
    throw new Fault('USAGE', `--period got ${words}, wanted whole minutes that divide a day, for instance 1m, 5m, 1h`);
  }
  return period;
}

function checkKept(period: DurationMs, age: DurationMs, since: string): void {
  const kept = KEPT.findLast((row) => row.period <= period && period % row.period === 0);
  if (kept !== undefined && age <= kept.for) return;
  const enough = KEPT.find((row) => row.for >= age);
  const advice =
    enough === undefined ? 'CloudWatch keeps nothing for so long, use --since 455d' : `use --period ${enough.words}`;
  const days = `${(kept?.for ?? 0) / DAY_MS} days`;
  throw new Fault('USAGE', `--since ${since} is too far back for this period, which is kept for ${days}: ${advice}`);
}
