import { RESOURCE_OF, type Meter } from '../meter.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type Probability } from '../units.ts';

/** A size for people, rounded to four significant digits or to whole numbers: `1.5 vCPU`, `512 MiB`, `50 MiB/s`. */
export function sizeWords(meter: Meter, value: number): string {
  if (meter === 'cpu') return `${rounded(value)} vCPU`;
  const perSecond = RESOURCE_OF[meter] === 'memory' ? '' : '/s';
  const power = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(value, 1)) / 10)));
  return `${rounded(value / 2 ** (10 * power))} ${PREFIXES[power] ?? ''}${perSecond}`;
}

/** A share for people: 0.2 is `20 %`. */
export function shareWords(share: number): string {
  return `${rounded(share * 100)} %`;
}

/** A quantile level for people: 0.95 is `p95`, 0.995 is `p99.5`. */
export function levelWords(level: Probability): string {
  return `p${rounded(level * 100)}`;
}

/** A length of time for people, in the largest unit that leaves at least one: `1.5 s`, `10 min`. */
export function durationWords(duration: DurationMs): string {
  const [unit, length] = DURATIONS.find(([, least]) => duration >= least) ?? ['ms', 1];
  return `${rounded(duration / length)} ${unit}`;
}

const PREFIXES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DURATIONS: readonly (readonly [unit: string, length: DurationMs])[] = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', SECOND_MS],
];

/** Four significant digits, or whole. Every decision has such words, so this is arithmetic and not `toPrecision`. */
function rounded(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  const scale = 10 ** digits;
  return String(Math.round(value * scale) / scale);
}
