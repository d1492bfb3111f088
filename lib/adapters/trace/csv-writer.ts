import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Fault, messageOf } from '../../core/fault.ts';

/** A cell: text, a number, or nothing for unknown (also NaN). */
export type CsvCell = string | number | undefined;

/** Writes rows to a CSV file or to standard output. */
export interface CsvWriter {
  /** Writes one row; resolves when the next one may be written. Throws Fault USAGE when the file cannot be written. */
  readonly write: (cells: readonly CsvCell[]) => Promise<void>;
  /** Writes what is left and closes the file (standard output stays open). Throws Fault USAGE when that fails. */
  readonly close: () => Promise<void>;
}

/** Rows are handed on in pieces of this many characters. */
const PIECE = 65_536;

/**
 * Opens a CSV file and writes its first line; `-` is standard output, a name that ends in `.gz` is compressed. Throws Fault
 * USAGE when the file cannot be made; `write` throws RangeError for a row of another length than the first line.
 */
export async function openCsvWriter(path: string, columns: readonly string[]): Promise<CsvWriter> {
  const saying = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((cause: unknown) => {
      throw new Fault('USAGE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
    });
  };
  let sink: Sink | undefined;
  await saying(openSink(path).then((opened) => (sink = opened)));
  let piece = lineOf(columns);
  const flush = async (): Promise<void> => {
    const text = piece;
    piece = '';
    if (sink !== undefined) await saying(push(sink, text));
  };
  return {
    write: async (cells) => {
      if (cells.length !== columns.length) {
        throw new RangeError(`${cells.length} cells for ${path}, wanted ${columns.length}: ${columns.join(',')}`);
      }
      piece += lineOf(cells);
      if (piece.length >= PIECE) await flush();
    },
    close: async () => {
      await flush();
      if (sink !== undefined) await saying(sink.close());
    },
  };
}

interface Sink {
  readonly stream: Writable;
  /** Settles when the stream is done: never well before `close`. */
  readonly done: Promise<void>;
  readonly close: () => Promise<void>;
}

async function openSink(path: string): Promise<Sink> {
  if (path === '-') return sinkOf(process.stdout, finished(process.stdout, { cleanup: true }), false);
  const file = createWriteStream(path);
  await once(file, 'open');
  if (!path.endsWith('.gz')) return sinkOf(file, finished(file), true);
  const gzip = createGzip();
  return sinkOf(gzip, pipeline(gzip, file), true);
}

function sinkOf(stream: Writable, done: Promise<void>, isOurs: boolean): Sink {
  // Whoever writes or closes next is told; until then a failure must not end the process.
  done.catch(() => undefined);
  const close = async (): Promise<void> => {
    if (!isOurs) return;
    stream.end();
    await done;
  };
  return { stream, done, close };
}

async function push({ stream, done }: Sink, text: string): Promise<void> {
  if (stream.destroyed) await done;
  if (!stream.write(text)) await Promise.race([once(stream, 'drain'), done]);
}

/** One line of RFC 4180; LF ends it, as everywhere on the systems this runs on. */
function lineOf(cells: readonly CsvCell[]): string {
  return `${cells.map(textOf).join(',')}\n`;
}

function textOf(cell: CsvCell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
