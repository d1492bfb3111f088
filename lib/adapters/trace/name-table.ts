import { Fault } from '../../core/fault.ts';
import { malformed } from './malformed.ts';
import { filledColumn, RowBuilder } from './table.ts';
import type { TableReader, TableWriter } from './table.ts';
import { CharacterColumn, NameColumn } from './trace_pb.ts';

/** Characters that the names of a batch have in all, written out. */
const MAX_NAMES = 2_097_152;
const MAX_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
/** Columns are numbered from 1. */
const NO_KEY = 0;

/** The name at a position. Throws Fault TRACE_MALFORMED for a position that has none. */
export type NameAt = (position: number) => string;

/** The names of a batch, each written once, and their positions: sorted, so that what they share is next to each other. */
export class NameTable {
  readonly #positions: ReadonlyMap<string, number>;
  readonly #short: readonly string[];

  /** `host` is taken off the names that begin with it and a slash. Throws RangeError for text that UTF-8 cannot say. */
  constructor(host: string, names: Iterable<string>) {
    const sorted = Array.from(new Set(names), (name) => ({ name, short: shorten(wellFormed('name', name), host) }));
    sorted.sort((left, right) => (left.short < right.short ? -1 : 1));
    this.#positions = new Map(sorted.map(({ name }, position) => [name, position]));
    this.#short = sorted.map(({ short }) => short);
  }

  /** The position of a name that the table was made with. */
  positionOf(name: string): number {
    const position = this.#positions.get(name);
    if (position === undefined) throw new RangeError(`name ${name} is not among the names of its batch`);
    return position;
  }

  /** Adds the table of names and the table of their characters. Throws Fault TRACE_TOO_LARGE. */
  write(writer: TableWriter): void {
    const names = new RowBuilder();
    const characters = new RowBuilder();
    let last: readonly string[] = [];
    for (const name of this.#short) {
      const points = Array.from(name);
      const different = points.findIndex((point, at) => point !== last[at]);
      const shared = different < 0 ? points.length : different;
      names.set(NameColumn.SHARED, shared);
      names.set(NameColumn.LENGTH, points.length - shared);
      names.end();
      for (const point of points.slice(shared)) {
        characters.set(CharacterColumn.POINT, point.codePointAt(0) ?? 0);
        characters.end();
      }
      last = points;
    }
    writer.add(names.finish(), { lags: [], key: NO_KEY });
    writer.add(characters.finish(), { lags: [], key: CharacterColumn.POINT });
  }
}

/**
 * Reads the names of a batch. Throws Fault TRACE_MALFORMED when they do not fit together, TRACE_TOO_LARGE when they are longer
 * than MAX_NAMES in all: what names share is not in the bytes, which alone would not bound them.
 */
export function readNames(reader: TableReader, host: string): NameAt {
  const rows = reader.next();
  const shared = filledColumn(rows, NameColumn.SHARED);
  const lengths = filledColumn(rows, NameColumn.LENGTH);
  const points = Array.from(filledColumn(reader.next(), CharacterColumn.POINT), characterOf);
  const names: string[] = [];
  let last: readonly string[] = [];
  let at = 0;
  let total = 0;
  for (const [index, length] of lengths.entries()) {
    const common = shared[index] ?? 0;
    total += common + length + host.length;
    if (total > MAX_NAMES) throw new Fault('TRACE_TOO_LARGE', `names of more than ${MAX_NAMES} characters in a batch`);
    if (common > last.length || at + length > points.length) throw malformed(`name ${index} is not all there`);
    last = [...last.slice(0, common), ...points.slice(at, at + length)];
    at += length;
    names.push(lengthen(last.join(''), host));
  }
  if (at !== points.length) throw malformed(`${points.length} characters of names, wanted ${at}`);
  return (position) => {
    const name = names[position];
    if (name === undefined) throw malformed(`name ${position} of ${names.length}`);
    return name;
  };
}

function characterOf(point: number): string {
  if (point > MAX_POINT || (point >= FIRST_SURROGATE && point <= LAST_SURROGATE)) {
    throw malformed(`${point} is no code point of a character`);
  }
  return String.fromCodePoint(point);
}

function shorten(name: string, host: string): string {
  if (name.startsWith(`${host}/`)) return name.slice(host.length);
  return name.startsWith('/') || name.startsWith('\\') ? `\\${name}` : name;
}

function lengthen(name: string, host: string): string {
  if (name.startsWith('/')) return host + name;
  return name.startsWith('\\') ? name.slice(1) : name;
}

/** Refuses text with half a surrogate pair, which UTF-8 cannot say. Throws RangeError. */
export function wellFormed(what: string, text: string): string {
  if (!text.isWellFormed()) throw new RangeError(`${what} ${JSON.stringify(text)} is not well-formed text`);
  return text;
}
