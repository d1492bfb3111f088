import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault, messageOf } from '../../core/fault.ts';

/** One chunk of text: whole records, with the number of the line on which each one starts (from 1). */
export interface Records {
  readonly texts: readonly string[];
  readonly lines: readonly number[];
}

/** Longest record, in characters: a file that is no CSV at all must not be read as one endless line. */
const MAX_RECORD = 1_048_576;
const CHUNK_BYTES = 262_144;

/**
 * The records of a CSV file (RFC 4180), in chunks, `.gz` unpacked by name. A record ends at LF or CRLF outside quotes; empty
 * lines are left out, and a byte order mark. Throws Fault USAGE when the file cannot be read, CSV_ROW for a record that does
 * not end.
 */
export async function* readRecords(path: string): AsyncGenerator<Records> {
  const splitter = new RecordSplitter(path);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  try {
    for await (const chunk of bytesOf(path)) yield splitter.add(decoder.decode(chunk, { stream: true }));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault('USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
  yield splitter.end(decoder.decode());
}

/**
 * The cells of one record. Cells may be quoted; a doubled quote within is one. Throws Fault CSV_ROW when a quote stands
 * where none may; `where` names file and line for it.
 */
export function cellsOf(record: string, where: string): string[] {
  if (!record.includes('"')) return record.split(',');
  const cells: string[] = [];
  let at = 0;
  while (at <= record.length) {
    const cell = record[at] === '"' ? quotedCell(record, at) : plainCell(record, at);
    if (cell === undefined)
      throw new Fault('CSV_ROW', `${where}: a quote out of place, wanted "a ""quoted"" cell",another`);
    cells.push(cell.text);
    at = cell.end + 1;
  }
  return cells;
}

interface Cell {
  readonly text: string;
  /** Where the comma, or the record's end, is. */
  readonly end: number;
}

function plainCell(record: string, start: number): Cell | undefined {
  const comma = record.indexOf(',', start);
  const end = comma < 0 ? record.length : comma;
  const text = record.slice(start, end);
  return text.includes('"') ? undefined : { text, end };
}

function quotedCell(record: string, start: number): Cell | undefined {
  let end = record.indexOf('"', start + 1);
  while (end >= 0 && record[end + 1] === '"') end = record.indexOf('"', end + 2);
  const isLast = end + 1 === record.length;
  if (end < 0 || !(isLast || record[end + 1] === ',')) return undefined;
  return { text: record.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}

/** Cuts text that arrives in pieces into records. */
class RecordSplitter {
  readonly #path: string;
  #rest = '';
  #line = 1;

  constructor(path: string) {
    this.#path = path;
  }

  add(text: string): Records {
    const all = this.#rest + text;
    const texts: string[] = [];
    const lines: number[] = [];
    let start = 0;
    // Asked once for all records: nearly no file has quotes.
    const hasQuotes = all.includes('"');
    for (;;) {
      const { end, breaks } = hasQuotes ? quotedEnd(all, start) : { end: all.indexOf('\n', start), breaks: 0 };
      if (end < 0) break;
      const record = all.slice(start, all[end - 1] === '\r' && end > start ? end - 1 : end);
      if (record !== '') {
        texts.push(record);
        lines.push(this.#line);
      }
      this.#line += 1 + breaks;
      start = end + 1;
    }
    this.#rest = all.slice(start);
    if (this.#rest.length > MAX_RECORD) throw this.#endless();
    return { texts, lines };
  }

  end(text: string): Records {
    const left = this.add(text === '' ? '\n' : `${text}\n`);
    if (this.#rest !== '') throw this.#endless();
    return left;
  }

  #endless(): Fault {
    const wanted = 'a line break, or the closing quote of a cell';
    return new Fault('CSV_ROW', `${this.#path}:${this.#line}: the record does not end, wanted ${wanted}`);
  }
}

/** The line feed that ends the record at `start`, -1 when it is not there yet, and the line breaks before it, in quotes. */
function quotedEnd(text: string, start: number): { end: number; breaks: number } {
  let end = text.indexOf('\n', start);
  let breaks = 0;
  let quoted = false;
  let from = start;
  while (end >= 0) {
    if (isOpen(text, from, end)) quoted = !quoted;
    if (!quoted) break;
    breaks += 1;
    from = end + 1;
    end = text.indexOf('\n', from);
  }
  return { end, breaks };
}

/** Whether an odd number of quotes stands between two places. */
function isOpen(text: string, from: number, to: number): boolean {
  let odd = false;
  for (let at = from; at < to; at += 1) if (text[at] === '"') odd = !odd;
  return odd;
}

function bytesOf(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!path.endsWith('.gz')) return file;
  // Errors reach the reader through the unpacking end; pipeline closes the file when the reader stops early.
  return pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
}
