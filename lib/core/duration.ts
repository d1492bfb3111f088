import { Fault } from './fault.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs } from './units.ts';

const UNIT_MS: Readonly<Record<string, DurationMs>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
};

/**
 * Reads a length of time as people write it: `500ms`, `5s`, `1.5m`, `1h`, `7d`. The unit is needed, so that nobody
 * has to know which one a bare number would mean. Throws Fault USAGE for everything else, and for what is not a whole
 * number of milliseconds.
 */
export function parseDuration(text: string): DurationMs {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  const duration = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
  // 0.1 s is 100.00000000000001 ms in binary: what a person wrote is the nearest whole number.
  const whole = Math.round(duration);
  if (!Number.isSafeInteger(whole) || Math.abs(duration - whole) > 1e-6 * Math.max(1, whole)) {
    throw new Fault(
      'USAGE',
      `"${text}" is not a length of time: write a number and one of ms, s, m, h, d, for instance 500ms or 5s`,
    );
  }
  return whole;
}
