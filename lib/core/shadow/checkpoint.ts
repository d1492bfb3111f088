import { Fault } from '../fault.ts';
import type { DemandInterval } from '../forecast/forecast.ts';
import { METER_BYTES, METER_CODES_AT, METER_FLOAT_BYTES, METER_FLOATS_AT } from '../forecast/meter-layout.ts';
import { METERS, type Meter } from '../meter.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readHeader, writeHeader } from './header-bytes.ts';
import { fromPlanes, toPlanes } from './planes.ts';
import type { ShadowHeader } from './shadow-header.ts';
import { packZeros, unpackZeros } from './zero-runs.ts';

/** Layout of a checkpoint; another layout of the models' bytes, or another meaning of them, needs another number. */
const VERSION = 4;
const MAGIC = 0x53_48_44_57; // "SHDW"
const PREFIX = 9; // magic 4, version 1, checksum 4
/** Set beside a meter's place in METERS when its demand was an interval: the high end follows the low one. */
const IS_RANGE = 128;

/** One meter in a checkpoint. */
export interface StoredMeter {
  readonly meter: Meter;
  /** Demand seen last. */
  readonly demand: DemandInterval;
  /** The model's state, METER_BYTES. */
  readonly state: Uint8Array<ArrayBuffer>;
}

/**
 * magic "SHDW", version, FNV-1a of what follows it, the header, then for each meter: its place in METERS, the demand seen
 * last, the model's state packed. Big endian, but for the models' own numbers, which are little endian as every machine
 * this runs on.
 */
export function encodeShadow(header: ShadowHeader, meters: readonly StoredMeter[]): Uint8Array {
  const to = new ByteWriter();
  for (const byte of [0, 8, 16, 24]) to.byte((MAGIC >>> (24 - byte)) & 255);
  to.byte(VERSION);
  for (let i = 0; i < 4; i += 1) to.byte(0);
  writeHeader(to, header);
  for (const { meter, demand, state } of meters) {
    const isRange = demand.high !== demand.low;
    to.byte(METERS.indexOf(meter) + (isRange ? IS_RANGE : 0));
    to.number(demand.low);
    if (isRange) to.number(demand.high);
    to.blob(packZeros(turned(state, toPlanes)));
  }
  const { bytes } = to;
  new DataView(bytes.buffer).setUint32(5, checksum(bytes.subarray(PREFIX)));
  return bytes;
}

/** Throws Fault SHADOW_FORMAT for another version and for damaged bytes. */
export function decodeShadow(bytes: Uint8Array): { header: ShadowHeader; meters: StoredMeter[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX || view.getUint32(0) !== MAGIC) throw unreadable('does not begin as one');
  if (view.getUint8(4) !== VERSION) {
    throw unreadable(`is of version ${view.getUint8(4)}, this code reads version ${VERSION}`);
  }
  if (view.getUint32(5) !== checksum(bytes.subarray(PREFIX)))
    throw unreadable('was damaged: its checksum does not fit');
  const from = new ByteReader(bytes, PREFIX);
  const header = headerOf(from);
  const meters: StoredMeter[] = [];
  while (!from.isAtEnd) meters.push(meterOf(from));
  return { header, meters };
}

function headerOf(from: ByteReader): ShadowHeader {
  try {
    return readHeader(from);
  } catch (cause) {
    throw cause instanceof Fault ? cause : unreadable('has a header that is no JSON', cause);
  }
}

function meterOf(from: ByteReader): StoredMeter {
  const place = from.byte();
  const meter = METERS[place % IS_RANGE];
  if (meter === undefined) throw unreadable('names a meter that there is not');
  const low = from.number();
  const high = place >= IS_RANGE ? from.number() : low;
  return { meter, demand: { low, high }, state: turned(unpackZeros(from.blob(), METER_BYTES), fromPlanes) };
}

/** The parts of a meter's state by the width of their numbers: counters, floats, residual counts; codes of seasons follow. */
const PARTS: readonly { readonly from: number; readonly to: number; readonly width: number }[] = [
  { from: 0, to: METER_FLOATS_AT, width: 4 },
  { from: METER_FLOATS_AT, to: METER_FLOATS_AT + METER_FLOAT_BYTES, width: 4 },
  { from: METER_FLOATS_AT + METER_FLOAT_BYTES, to: METER_CODES_AT, width: 2 },
];

type Turn = (bytes: Uint8Array<ArrayBuffer>, width: number) => Uint8Array<ArrayBuffer>;

function turned(state: Uint8Array<ArrayBuffer>, turn: Turn): Uint8Array<ArrayBuffer> {
  const out = state.slice();
  for (const { from, to, width } of PARTS) out.set(turn(state.slice(from, to), width), from);
  return out;
}

/** FNV-1a, 32 bits: finds damage, is no protection against intent. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x81_1c_9d_c5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return hash >>> 0;
}

const unreadable = (what: string, cause?: unknown): Fault =>
  new Fault('SHADOW_FORMAT', `the checkpoint of a shadow ${what}: drop it and start the shadow anew`, { cause });
