import { Fault } from '../fault.ts';
import type { DemandInterval } from '../forecast/forecast.ts';
import { METER_BYTES, METER_FLOAT_BYTES, METER_FLOATS_AT } from '../forecast/meter-model.ts';
import { METERS, type Meter } from '../meter.ts';
import type { ShadowHeader } from './shadow-header.ts';
import { packZeros, unpackZeros } from './zero-runs.ts';

/** Layout of a checkpoint; another layout of the models' bytes needs another number. */
const VERSION = 1;
const MAGIC = 0x53_48_44_57; // "SHDW"
const PREFIX = 13; // magic 4, version 1, checksum 4, length of the header 4
const METER_PREFIX = 19; // place in METERS 1, demand low 8 and high 8, packed length 2

/** One meter in a checkpoint. */
export interface StoredMeter {
  readonly meter: Meter;
  /** Demand seen last. */
  readonly demand: DemandInterval;
  /** The model's state, METER_BYTES. */
  readonly state: Uint8Array<ArrayBuffer>;
}

/**
 * magic "SHDW", version, FNV-1a of what follows it, length of the header, the header as JSON in UTF-8, then for each
 * meter: its place in METERS, the demand seen last, the packed length, the model's state packed. Big endian, but for the
 * models' own numbers, which are little endian as every machine this runs on.
 */
export function encodeShadow(header: ShadowHeader, meters: readonly StoredMeter[]): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const packed = meters.map((stored) => ({ ...stored, packed: packZeros(toPlanes(stored.state)) }));
  const size = packed.reduce((sum, one) => sum + METER_PREFIX + one.packed.length, PREFIX + json.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint8(4, VERSION);
  view.setUint32(9, json.length);
  bytes.set(json, PREFIX);
  let at = PREFIX + json.length;
  for (const { meter, demand, packed: state } of packed) {
    view.setUint8(at, METERS.indexOf(meter));
    view.setFloat64(at + 1, demand.low);
    view.setFloat64(at + 9, demand.high);
    view.setUint16(at + 17, state.length);
    bytes.set(state, at + METER_PREFIX);
    at += METER_PREFIX + state.length;
  }
  view.setUint32(5, checksum(bytes.subarray(9)));
  return bytes;
}

/** Throws Fault SHADOW_FORMAT for another version and for damaged bytes. */
export function decodeShadow(bytes: Uint8Array): { header: ShadowHeader; meters: StoredMeter[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX || view.getUint32(0) !== MAGIC) throw unreadable('does not begin as one');
  if (view.getUint8(4) !== VERSION) {
    throw unreadable(`is of version ${view.getUint8(4)}, this code reads version ${VERSION}`);
  }
  if (view.getUint32(5) !== checksum(bytes.subarray(9))) throw unreadable('was damaged: its checksum does not fit');
  const metersAt = PREFIX + view.getUint32(9);
  if (metersAt > bytes.length) throw unreadable('is cut');
  return { header: headerOf(bytes.subarray(PREFIX, metersAt)), meters: metersOf(bytes, view, metersAt) };
}

function headerOf(json: Uint8Array): ShadowHeader {
  try {
    return JSON.parse(new TextDecoder().decode(json)) as ShadowHeader;
  } catch (cause) {
    throw unreadable('has a header that is no JSON', cause);
  }
}

function metersOf(bytes: Uint8Array, view: DataView, from: number): StoredMeter[] {
  const meters: StoredMeter[] = [];
  for (let at = from; at < bytes.length;) {
    if (at + METER_PREFIX > bytes.length) throw unreadable('is cut inside a meter');
    const meter = METERS[view.getUint8(at)];
    const end = at + METER_PREFIX + view.getUint16(at + 17);
    if (meter === undefined || end > bytes.length) throw unreadable('is cut inside a meter');
    const demand = { low: view.getFloat64(at + 1), high: view.getFloat64(at + 9) };
    const planes = unpackZeros(bytes.subarray(at + METER_PREFIX, end), METER_BYTES);
    meters.push({ meter, demand, state: fromPlanes(planes) });
    at = end;
  }
  return meters;
}

/**
 * The floats of a state with all their first bytes together, then all second ones and so on: the lowest are always zero
 * (the model rounds its numbers to three bytes), and a run of zeros costs one byte in 129.
 */
function toPlanes(state: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const planes = state.slice();
  const floats = METER_FLOAT_BYTES / 4;
  for (let i = 0; i < METER_FLOAT_BYTES; i += 1) {
    planes[METER_FLOATS_AT + (i % 4) * floats + (i >> 2)] = state[METER_FLOATS_AT + i] ?? 0;
  }
  return planes;
}

function fromPlanes(planes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const state = planes.slice();
  const floats = METER_FLOAT_BYTES / 4;
  for (let i = 0; i < METER_FLOAT_BYTES; i += 1) {
    state[METER_FLOATS_AT + i] = planes[METER_FLOATS_AT + (i % 4) * floats + (i >> 2)] ?? 0;
  }
  return state;
}

/** FNV-1a, 32 bits: finds damage, is no protection against intent. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x81_1c_9d_c5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  return hash >>> 0;
}

const unreadable = (what: string, cause?: unknown): Fault =>
  new Fault('SHADOW_FORMAT', `the checkpoint of a shadow ${what}: drop it and start the shadow anew`, { cause });
