import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Fault, isFault, messageOf } from '../../core/fault.ts';
import type { Batch } from '../../core/trace/frame.ts';
import { MAX_BATCH_BYTES } from './envelope.ts';
import { decodeBatch, encodeBatch } from './wire.ts';

/** Bytes of the length in front of each batch: a whole number, the lowest byte first. */
const LENGTH_BYTES = 4;
const READ_BYTES = 262_144;

/** Writes batches to a trace file, one after the other. */
export interface TraceFileWriter {
  /** Adds a batch. Throws as `encodeBatch`, and Fault SPOOL_FULL (retryable) when the disk does not take it. */
  readonly append: (batch: Batch) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a trace file (`.trace`) for appending; it is made when it is not there. A record goes out in one write, so that a
 * process that dies leaves at most one cut record at the end. Throws Fault USAGE when the file cannot be opened.
 */
export async function openTraceFile(path: string): Promise<TraceFileWriter> {
  const file = await opened(path, 'a');
  return {
    append: async (batch) => {
      const record = recordOf(batch);
      try {
        await file.appendFile(record);
      } catch (cause) {
        throw new Fault('SPOOL_FULL', `cannot write ${path}: ${messageOf(cause)}`, { cause, retryable: true });
      }
    },
    close: async () => {
      await file.close();
    },
  };
}

/** Adds one batch to a trace file. Throws as `openTraceFile` and its `append`. */
export async function appendBatch(path: string, batch: Batch): Promise<void> {
  const writer = await openTraceFile(path);
  try {
    await writer.append(batch);
  } finally {
    await writer.close();
  }
}

/**
 * The batches of a trace file, in order. Throws Fault USAGE when the file cannot be read, and the Fault of `decodeBatch` with the
 * byte offset of the record that is damaged, or cut (TRACE_TRUNCATED), once all records before it were delivered.
 */
export async function* readTraceFile(path: string): AsyncGenerator<Batch> {
  const file = await opened(path, 'r');
  try {
    const reader = new RecordReader(file);
    for (;;) {
      const offset = reader.offset;
      const batch = await placed(path, offset, async () => {
        const record = await reader.next();
        return record === undefined ? undefined : decodeBatch(record);
      });
      if (batch === undefined) return;
      yield batch;
    }
  } finally {
    await file.close();
  }
}

function recordOf(batch: Batch): Uint8Array {
  const bytes = encodeBatch(batch);
  const record = new Uint8Array(LENGTH_BYTES + bytes.length);
  new DataView(record.buffer).setUint32(0, bytes.length, true);
  record.set(bytes, LENGTH_BYTES);
  return record;
}

/** Takes records off a file; holds at most one record and what was read beyond it. */
class RecordReader {
  readonly #file: FileHandle;
  #bytes = new Uint8Array(0);
  /** Where the next record begins in the file. */
  offset = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The next record without its length, or undefined at the end. Throws Fault TRACE_TRUNCATED or TRACE_TOO_LARGE. */
  async next(): Promise<Uint8Array | undefined> {
    await this.#fill(LENGTH_BYTES);
    if (this.#bytes.length === 0) return undefined;
    if (this.#bytes.length < LENGTH_BYTES) throw truncated(this.#bytes.length, LENGTH_BYTES);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    const length = view.getUint32(0, true);
    if (length > MAX_BATCH_BYTES) {
      throw new Fault('TRACE_TOO_LARGE', `a record of ${length} bytes, wanted at most ${MAX_BATCH_BYTES}`);
    }
    const end = LENGTH_BYTES + length;
    await this.#fill(end);
    if (this.#bytes.length < end) throw truncated(this.#bytes.length, end);
    const record = this.#bytes.subarray(LENGTH_BYTES, end);
    this.#bytes = this.#bytes.subarray(end);
    this.offset += end;
    return record;
  }

  /** Reads on until `wanted` bytes are there, or the file ends. */
  async #fill(wanted: number): Promise<void> {
    while (this.#bytes.length < wanted) {
      const piece = new Uint8Array(READ_BYTES);
      const { bytesRead } = await this.#file.read(piece, 0, piece.length);
      if (bytesRead === 0) return;
      const joined = new Uint8Array(this.#bytes.length + bytesRead);
      joined.set(this.#bytes);
      joined.set(piece.subarray(0, bytesRead), this.#bytes.length);
      this.#bytes = joined;
    }
  }
}

const truncated = (got: number, wanted: number): Fault =>
  new Fault('TRACE_TRUNCATED', `the record is cut after ${got} bytes, wanted ${wanted}`);

/** Adds file and offset to what goes wrong. */
async function placed<T>(path: string, offset: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isFault(cause)) throw new Fault('USAGE', `cannot read ${path}: ${messageOf(cause)}`, { cause });
    throw new Fault(cause.code, `${path}, record at byte ${offset}: ${cause.message}`, { cause });
  }
}

async function opened(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (cause) {
    throw new Fault('USAGE', `cannot open ${path}: ${messageOf(cause)}`, { cause });
  }
}
