import { METERS, type Allocation, type Meter } from '../meter.ts';
import type { Primary } from '../trace/frame.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { DedupeState } from './dedupe.ts';
import type { ShadowHeader, ShadowMemory } from './shadow-header.ts';
import { fromPlanes, toPlanes } from './planes.ts';
import { packZeros, unpackZeros } from './zero-runs.ts';

/** Bytes of a bitmap of 256 sequences. */
const SEEN_BYTES = 32;

/**
 * Writes a header: primary and memory as JSON (a name that is the VM's id and an empty memory as nothing), the sizer's floats as
 * planes, numbers as `ByteWriter.number`, times as what they add to the one before, bitmaps of counted frames inverted and
 * packed, because most have no gap.
 */
export function writeHeader(to: ByteWriter, header: ShadowHeader): void {
  const { horizon, step } = header;
  const { name, ...primary } = header.primary;
  to.text(JSON.stringify(name === primary.vm ? primary : header.primary));
  to.text(header.host);
  const memory = JSON.stringify(header.memory);
  to.text(memory === '{}' ? '' : memory);
  to.count(header.sizing.length);
  to.blob(packZeros(toPlanes(header.sizing, 4)));
  for (const value of [horizon.lead, horizon.hold, header.lastAt, header.lifeAt - header.lastAt]) to.number(value);
  for (const value of [header.frames, header.version, step.step, step.misfits]) to.number(value);
  to.byte(header.state === 'active' ? 1 : 0);
  writeAllocation(to, header.allocation);
  writeDedupe(to, header.dedupe, header.lastAt);
}

/** Reads what `writeHeader` wrote. Throws Fault SHADOW_FORMAT where it is cut, SyntaxError for damaged JSON. */
export function readHeader(from: ByteReader): ShadowHeader {
  const primary = primaryOf(JSON.parse(from.text()) as Omit<Primary, 'name'>);
  const host = from.text();
  const memory = from.text();
  const sizingBytes = from.count();
  const sizing = fromPlanes(unpackZeros(from.blob(), sizingBytes), 4);
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
    sizing,
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

/** The order of keys is kept: what is written again has the same bytes. */
const primaryOf = (written: Omit<Primary, 'name'> & Partial<Primary>): Primary =>
  written.name === undefined ? { name: written.vm, ...written } : { ...written, name: written.name };

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
  writeMarks(to, exact, { sequence: newest?.highest ?? 0, at: lastAt });
}

type Mark = DedupeState['exact'][number];

/** Marks mostly follow each other at the same distance: what each step adds to the one before is zero, and packed. */
function writeMarks(to: ByteWriter, marks: readonly Mark[], from: Mark): void {
  const steps = new ByteWriter();
  let [before, by] = [from, { sequence: 0, at: 0 }];
  for (const mark of marks) {
    const step = { sequence: mark.sequence - before.sequence, at: mark.at - before.at };
    steps.number(step.sequence - by.sequence);
    steps.number(step.at - by.at);
    [before, by] = [mark, step];
  }
  to.count(marks.length);
  to.count(steps.bytes.length);
  to.blob(packZeros(steps.bytes));
}

function readMarks(from: ByteReader, first: Mark): readonly Mark[] {
  const count = from.count();
  const bytes = from.count();
  const steps = new ByteReader(unpackZeros(from.blob(), bytes), 0);
  let [{ sequence, at }, by] = [first, { sequence: 0, at: 0 }];
  return Array.from({ length: count }, () => {
    by = { sequence: by.sequence + steps.number(), at: by.at + steps.number() };
    sequence += by.sequence;
    at += by.at;
    return { sequence, at };
  });
}

function readDedupe(from: ByteReader, lastAt: number): DedupeState {
  const epochs = Array.from({ length: from.count() }, () => ({
    epoch: from.text(),
    highest: from.number(),
    seen: unpackZeros(from.blob(), SEEN_BYTES).map((byte) => 255 - byte),
  }));
  const exact = readMarks(from, { sequence: epochs[0]?.highest ?? 0, at: lastAt });
  return { epochs, exact };
}
