import { closeSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { encodeHeader, encodeRecord, HEADER_BYTES, parseSegment, recordBytes } from './spool-record.ts';
import type { ParsedSegment, SegmentHeader, SegmentRecord } from './spool-record.ts';

/**
 * Why batches were lost. `limit`: the spool was at its bound and the oldest went. `memory-limit`: the same while the disk
 * took nothing. `too-large`: one frame alone is more than a record of the stream may hold. `damaged`: bytes on disk changed.
 */
export type DropReason = 'limit' | 'memory-limit' | 'too-large' | 'damaged';

/** A batch in the spool, on its way out. Handed out by `peek`, given back by `taken`. */
export interface SpooledRecord extends SegmentRecord {
  readonly epoch: string;
  readonly sequence: number;
  state: 'waiting' | 'taken' | DropReason;
}

/**
 * A run of records of one epoch: in a file, or in memory only while the disk takes nothing. Knows which of them still
 * wait; the ones at its front that do not are let go.
 */
export class Segment {
  #header: SegmentHeader;
  #path: string | undefined;
  #fd: number | undefined;
  /** From place `#first` on; undefined while they are on disk only. */
  #records: SpooledRecord[] | undefined = [];
  #first = 0;
  #count = 0;
  /** Records that were in the file and cannot be read any more; their sequences stay used. */
  #lost = 0;
  #handedOut = false;
  #bytes = HEADER_BYTES;

  constructor(header: SegmentHeader) {
    this.#header = header;
  }

  /** The segment of a file that an earlier process left; the first `taken` records are not sent again. */
  static found(path: string, parsed: ParsedSegment, taken: number): Segment {
    const segment = new Segment(parsed.header);
    segment.#path = path;
    segment.#records = undefined;
    segment.#count = parsed.records.length;
    segment.#first = Math.min(taken, segment.#count);
    segment.#bytes = parsed.end;
    return segment;
  }

  get header(): SegmentHeader {
    return this.#header;
  }
  /** Size of the file; in memory the size of what waits. */
  get bytes(): number {
    return this.#bytes;
  }
  get path(): string | undefined {
    return this.#path;
  }
  /** Place of the oldest record that waits, counted from the beginning of the file. */
  get first(): number {
    return this.#first;
  }
  get nextSequence(): number {
    return this.#header.firstSequence + this.#count + this.#lost;
  }
  /** Records from the oldest waiting one on. */
  get length(): number {
    return this.#count - this.#first;
  }

  /** Opens the file of a found segment for more records, cutting off what could not be read. */
  reopen(): void {
    if (this.#path === undefined || this.#fd !== undefined) return;
    this.#fd = openSync(this.#path, 'r+');
    ftruncateSync(this.#fd, this.#bytes);
  }

  /**
   * Puts a segment in memory into a new file, which appears whole or not at all. Throws what the file system says; the
   * segment then is as it was.
   */
  store(path: string): void {
    const records = this.#records ?? [];
    const header = { ...this.#header, firstSequence: this.#header.firstSequence + this.#first };
    const draft = `${path}.tmp`;
    const fd = openSync(draft, 'w');
    try {
      let end = writeWhole(fd, encodeHeader(header), 0);
      for (const record of records) end = writeWhole(fd, encodeRecord(record), end);
      renameSync(draft, path);
      this.#bytes = end;
    } catch (error) {
      closeSync(fd);
      rmSync(draft, { force: true });
      throw error;
    }
    this.#header = header;
    this.#path = path;
    this.#fd = fd;
    this.#first = 0;
    this.#count = records.length;
  }

  /**
   * Adds a record at the end, on disk first when there is a file. Throws what the file system says; a record of which
   * only a part went in is taken back, so that the file ends with a whole one.
   */
  append(record: SegmentRecord): SpooledRecord {
    const records = this.load();
    if (this.#path !== undefined) this.#write(encodeRecord(record));
    const spooled = this.#spool(record, this.#count);
    records.push(spooled);
    this.#count += 1;
    this.#bytes += recordBytes(record);
    return spooled;
  }

  /**
   * The records from the oldest waiting one on, read from disk when they are not at hand. When the file has lost some,
   * `length` is smaller after than before.
   */
  load(): SpooledRecord[] {
    if (this.#records === undefined) {
      this.#records = readQuietly(this.#path)
        .map((record, index) => this.#spool(record, index))
        .slice(this.#first, this.#count);
      const lost = this.length - this.#records.length;
      this.#count -= lost;
      this.#lost += lost;
    }
    return this.#records;
  }

  /** The same, to be given back record by record: from here on the segment keeps them in memory. */
  handOut(): SpooledRecord[] {
    this.#handedOut = true;
    return this.load();
  }

  /** Lets go of the records at the front that do not wait any more. */
  advance(): void {
    const records = this.#records ?? [];
    let done = 0;
    for (const record of records) {
      if (record.state === 'waiting') break;
      if (this.#path === undefined) this.#bytes -= recordBytes(record);
      done += 1;
    }
    records.splice(0, done);
    this.#first += done;
  }

  /** No more records are added: closes the file, and forgets records that disk has and nobody was handed. */
  seal(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    if (!this.#handedOut && this.#path !== undefined) this.#records = undefined;
  }

  /** Removes the file. One that cannot be removed is found, and passed over by the mark, when the spool is opened again. */
  remove(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    try {
      if (this.#path !== undefined) rmSync(this.#path, { force: true });
    } catch {
      // a file system that became read-only: nothing to be done from here
    }
  }

  #write(bytes: Uint8Array): void {
    this.reopen();
    if (this.#fd === undefined) return;
    try {
      writeWhole(this.#fd, bytes, this.#bytes);
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
  }

  #spool(record: SegmentRecord, index: number): SpooledRecord {
    const { epoch, firstSequence } = this.#header;
    return { ...record, epoch, sequence: firstSequence + index, state: 'waiting' };
  }
}

function readQuietly(path: string | undefined): readonly SegmentRecord[] {
  try {
    return path === undefined ? [] : (parseSegment(readFileSync(path))?.records ?? []);
  } catch {
    return [];
  }
}

/** Writes all bytes at a place and gives the place after them. */
function writeWhole(fd: number, bytes: Uint8Array, at: number): number {
  let done = 0;
  while (done < bytes.length) {
    const written = writeSync(fd, bytes, done, bytes.length - done, at + done);
    if (written === 0) throw new Error('the disk took no more bytes');
    done += written;
  }
  return at + done;
}
