import { Fault } from '../fault.ts';
import { METERS, type Allocation, type Meter } from '../meter.ts';
import { parseBytes, parseRate } from '../parse-size.ts';
import type { BytesPerSecond } from '../units.ts';
import { parseVolume, type Volume } from './volume.ts';

/** A size to replay a trace at. A meter that it does not name stays as it is in the trace. */
export interface Candidate {
  /** As the user wrote it: names the size in tables. */
  readonly label: string;
  readonly size: Allocation;
  /** What the disk is, where more than plain limits of bytes per second are wanted. */
  readonly volume?: Volume;
  /**
   * Network rate while credits last, above `net_rx` and `net_tx`, which are then the baselines. EC2 says that an instance
   * can keep it up for 5 to 60 minutes, by its size; the replay gives it the 5 that every size has.
   */
  readonly netBurst?: BytesPerSecond;
}

const WANTED = 'cpu=2,memory=4GiB,disk_read=100MiB/s,net_tx=1Gbit/s,net_burst=5Gbit/s,volume=gp3 (any of them)';

/**
 * Reads `cpu=2,memory=4GiB`. Keys: the meters, `volume` (as `parseVolume`) and `net_burst`. Throws Fault USAGE for an unknown or
 * repeated key and for a value without its unit.
 */
export function parseCandidate(text: string): Candidate {
  const size: Partial<Record<Meter, number>> = {};
  let volume: Volume | undefined;
  let netBurst: BytesPerSecond | undefined;
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const [key, value] = keyAndValue(part, text);
    if (seen.has(key)) throw new Fault('USAGE', `size "${text}" has ${key} twice: say it once`);
    seen.add(key);
    const meter = METERS.find((known) => known === key);
    if (meter !== undefined) size[meter] = valueOf(meter, value);
    else if (key === 'volume') volume = parseVolume(value);
    else if (key === 'net_burst') netBurst = parseRate(value);
    else throw new Fault('USAGE', `size "${text}" has the key "${key}", wanted ${WANTED}`);
  }
  return {
    label: text.trim(),
    size,
    ...(volume !== undefined && { volume }),
    ...(netBurst !== undefined && { netBurst }),
  };
}

function keyAndValue(part: string, text: string): readonly [key: string, value: string] {
  const at = part.indexOf('=');
  if (at <= 0) throw new Fault('USAGE', `size "${text}" has "${part.trim()}", wanted key=value such as ${WANTED}`);
  return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

function valueOf(meter: Meter, text: string): number {
  const value = meter === 'cpu' ? vcpusOf(text) : meter === 'memory' ? parseBytes(text) : parseRate(text);
  if (!(value > 0)) throw new Fault('USAGE', `${meter}=${text} is no size: wanted more than 0`);
  return value;
}

function vcpusOf(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new Fault('USAGE', `cpu=${text} is no number of vCPUs: write 2 or 1.5`);
  return value;
}
