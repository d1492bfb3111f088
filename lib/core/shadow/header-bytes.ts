import { METERS, type Allocation, type Meter } from '../meter.ts';
import type { Primary } from '../trace/frame.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { DedupeState } from './dedupe.ts';
import type { ShadowHeader, ShadowMemory } from './shadow-header.ts';
import { packZeros, unpackZeros } from './zero-runs.ts';

/** Bytes of a bitmap of 256 sequences. */
const SEEN_BYTES = 32;

/**
 * Writes a header: primary and memory as JSON (an empty memory as nothing), texts with their length, numbers as
 * `ByteWriter.number`, times as what they add to the one before, bitmaps of counted frames inverted and packed, because
 * most have no gap.
 */
export function writeHeader(to: ByteWriter, header: ShadowHeader): void {
  const { horizon, step } = header;
  to.text(JSON.stringify(header.primary));
  to.text(header.host);
  const memory = JSON.stringify(header.memory);
  to.text(memory === '{}' ? '' : memory);
  for (const value of [horizon.lead, horizon.hold, header.lastAt, header.lifeAt - header.lastAt]) to.number(value);
  for (const value of [header.frames, header.version, step.step, step.misfits]) to.number(value);
  to.byte(header.state === 'active' ? 1 : 0);
  writeAllocation(to, header.allocation);
  writeDedupe(to, header.dedupe, header.lastAt);
}

/** Reads what `writeHeader` wrote. Throws Fault SHADOW_FORMAT where it is cut, SyntaxError for damaged JSON. */
export function readHeader(from: ByteReader): ShadowHeader {
  const primary = JSON.parse(from.text()) as Primary;
  const host = from.text();
  const memory = from.text();
  const horizon = { lead: from.number(), hold: from.number() };
  const lastAt = from.number();
  const lifeAt = lastAt + from.number();
  const [frames, version] = [from.number(), from.number()];
  const step = { step: from.number(), misfits: from.number() };
  const state = from.byte() === 1 ? 'active' : 'suspended';
  const allocation = readAllocation(from);
  const dedupe = readDedupe(from, lastAt);
  return {
    primary,
    host,
    memory: memory === '' ? {} : (JSON.parse(memory) as ShadowMemory),
    horizon,
    lastAt,
    lifeAt,
    frames,
    version,
    step,
    state,
    allocation,
    dedupe,
  };
}

/** A bit for each meter that has a limit, then the limits. */
function writeAllocation(to: ByteWriter, allocation: Allocation): void {
  to.byte(METERS.reduce((bits, meter, i) => bits + (allocation[meter] === undefined ? 0 : 2 ** i), 0));
  for (const meter of METERS) {
    const limit = allocation[meter];
    if (limit !== undefined) to.number(limit);
  }
}

function readAllocation(from: ByteReader): Allocation {
  const bits = from.byte();
  const allocation: Partial<Record<Meter, number>> = {};
  for (const [i, meter] of METERS.entries()) if ((bits >> i) % 2 === 1) allocation[meter] = from.number();
  return allocation;
}

function writeDedupe(to: ByteWriter, { epochs, exact }: DedupeState, lastAt: number): void {
  to.count(epochs.length);
  for (const { epoch, highest, seen } of epochs) {
    to.text(epoch);
    to.number(highest);
    to.blob(packZeros(seen.map((byte) => 255 - byte)));
  }
  const [newest] = epochs;
  let [sequence, at] = [newest?.highest ?? 0, lastAt];
  to.count(exact.length);
  for (const mark of exact) {
    to.number(mark.sequence - sequence);
    to.number(mark.at - at);
    [sequence, at] = [mark.sequence, mark.at];
  }
}

function readDedupe(from: ByteReader, lastAt: number): DedupeState {
  const epochs = Array.from({ length: from.count() }, () => ({
    epoch: from.text(),
    highest: from.number(),
    seen: unpackZeros(from.blob(), SEEN_BYTES).map((byte) => 255 - byte),
  }));
  let [sequence, at] = [epochs[0]?.highest ?? 0, lastAt];
  const exact = Array.from({ length: from.count() }, () => {
    sequence += from.number();
    at += from.number();
    return { sequence, at };
  });
  return { epochs, exact };
}
