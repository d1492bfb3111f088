import { Fault } from './fault.ts';
import type { Bytes, BytesPerSecond } from './units.ts';

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const PREFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Text forms of the sizes that `parseBytes`, `parseRate` and `parseShare` read, as regular expressions (ECMA-262). */
export const BYTES_FORM = String.raw`^${NUMBER}\s*([kKMGT]?|[KMGT]i)B$`;
export const RATE_FORM = String.raw`^${NUMBER}\s*([kKMGT]?|[KMGT]i)(B|bit)/s$`;
export const SHARE_FORM = String.raw`^${NUMBER}\s*%$`;

/**
 * Reads a size as people write it: `512MiB` (2^20), `8GB` (10^9), `4096B`. The unit is needed. Throws Fault USAGE for
 * everything else, and for what is not a whole number of bytes up to 2^53 - 1.
 */
export function parseBytes(text: string): Bytes {
  const [, number, prefix = ''] = new RegExp(BYTES_FORM).exec(text.trim()) ?? [];
  const bytes = Number(number) * (PREFIXES[prefix] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) throw invalid(text, 'a size', 'whole bytes with a unit such as 512MiB or 8GB');
  return bytes;
}

/**
 * Reads a rate: `50MiB/s`, `100MB/s`, or in bits as networks are sold: `1Gbit/s` is 125,000,000 bytes per second. The
 * unit is needed. Throws Fault USAGE for everything else.
 */
export function parseRate(text: string): BytesPerSecond {
  const [, number, prefix = '', unit] = new RegExp(RATE_FORM).exec(text.trim()) ?? [];
  const rate = (Number(number) * (PREFIXES[prefix] ?? Number.NaN)) / (unit === 'bit' ? 8 : 1);
  if (!(rate <= Number.MAX_SAFE_INTEGER)) throw invalid(text, 'a rate', 'a unit per second such as 50MiB/s or 1Gbit/s');
  return rate;
}

/** Reads a percentage as a share: `20%` is 0.2, `150%` is 1.5. The sign is needed. Throws Fault USAGE for everything else. */
export function parseShare(text: string): number {
  const [, number] = new RegExp(SHARE_FORM).exec(text.trim()) ?? [];
  const share = Number(number) / 100;
  if (!Number.isFinite(share)) throw invalid(text, 'a percentage', 'a number and % such as 20%');
  return share;
}

function invalid(text: string, what: string, wanted: string): Fault {
  return new Fault('USAGE', `"${text}" is not ${what}: write ${wanted}`);
}
