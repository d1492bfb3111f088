import type { EpochMs } from '../../core/units.ts';

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const POINT = 46;
/** Shorter runs of digits are finite numbers. */
const SIMPLE_LENGTH = 300;
const PLAIN = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$|^-0+(?:\.0*)?$/;
const SCALED = /^(\d+(?:\.\d+)?)\s*([kKMGT]i?)?B?(?:\/s)?$/;
const SCALES: Readonly<Record<string, number>> = {
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
/** Date and time with a T or a space between, seconds and their fraction optional, a zone optional. */
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * A number cell: NaN when it is empty (unknown), undefined when it is no number from 0 up.
 *
 *   ''      NaN        '1.5'   1.5        '2e3'   2000
 *   '-1'    undefined  '0x10'  undefined  'nan'   undefined
 *   '-0'    0 (tools that round print it)
 */
export function numberOf(cell: string): number | undefined {
  if (isSimple(cell)) return Number(cell);
  const text = cell.trim();
  if (text === '') return Number.NaN;
  const value = PLAIN.test(text) ? Math.abs(Number(text)) : Infinity;
  return value < Infinity ? value : undefined;
}

/** Whether a cell is digits with at most a point among them: what nearly all are, found out without a regular expression. */
function isSimple(cell: string): boolean {
  let points = 0;
  for (let at = 0; at < cell.length; at += 1) {
    const code = cell.charCodeAt(at);
    if (code === POINT) points += 1;
    else if (code < DIGIT_0 || code > DIGIT_9) return false;
  }
  return cell.length > points && cell.length < SIMPLE_LENGTH && points < 2;
}

/**
 * A cell of bytes or bytes per second, as `numberOf`, or with a suffix: k M G T are powers of 1000, Ki Mi Gi Ti of 1024, each
 * with or without B and `/s`.
 *
 *   '4GiB'  4294967296    '1.5M'  1500000    '20 kB/s'  20000
 */
export function bytesOf(cell: string): number | undefined {
  const plain = numberOf(cell);
  if (plain !== undefined) return plain;
  const [match, number = '', suffix] = SCALED.exec(cell.trim()) ?? [];
  if (match === undefined) return undefined;
  const value = Number(number) * (suffix === undefined ? 1 : (SCALES[suffix] ?? Number.NaN));
  return value < Infinity ? value : undefined;
}

/**
 * A time cell: seconds since 1970 or since the trace's start (fractions count to the millisecond), or ISO 8601 (UTC where
 * no zone is given). Undefined when it is neither, or before 1970.
 */
export function timeOf(cell: string): EpochMs | undefined {
  const seconds = numberOf(cell);
  if (seconds !== undefined) {
    const time = Math.round(seconds * 1_000);
    return Number.isSafeInteger(time) ? time : undefined;
  }
  const [, date, time, zone = 'Z'] = ISO.exec(cell.trim()) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const parsed = Date.parse(`${date}T${time}${zone}`);
  return parsed >= 0 ? parsed : undefined;
}
