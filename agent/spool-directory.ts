import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { lockDirectory } from './spool-lock.ts';
import { parseSegment } from './spool-record.ts';
import { Segment } from './spool-segment.ts';
import type { ParsedSegment } from './spool-record.ts';

/** What an earlier process left in the directory. */
export interface Found {
  /** Oldest first, without those that were sent. */
  readonly segments: readonly Segment[];
  /** Whether the last segment may be written on: whole or torn, and of this boot of the machine. */
  readonly appendable: boolean;
  /** Batches that can be seen to be missing, from gaps in the sequences; at least one for each damaged file. */
  readonly damagedBatches: number;
}

const MARK_BYTES = 16;

/**
 * The files of a spool: numbered segments, the mark of what was sent, and the lock. The mark needs no care: when it is
 * lost or old, batches are sent twice with the same sequence and counted once.
 */
export class SpoolDirectory {
  readonly #dir: string;
  readonly #unlock: () => void;
  readonly #markFd: number;
  #lastNumber = 0;

  /** Makes the directory and takes the lock. Throws Fault USAGE when it is in use, or what the file system says. */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#dir = dir;
    this.#unlock = lockDirectory(dir);
    try {
      this.#markFd = openSync(join(dir, 'taken'), constants.O_RDWR | constants.O_CREAT, 0o600);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Path of the next new segment. */
  nextPath(): string {
    this.#lastNumber += 1;
    return join(this.#dir, `${String(this.#lastNumber).padStart(8, '0')}.seg`);
  }

  /** Reads what is there; files that are half made or unreadable are removed. */
  find(bootId: string): Found {
    const mark = this.#readMark();
    const segments: Segment[] = [];
    let last: ParsedSegment | undefined;
    let damagedBatches = 0;
    for (const path of this.#segmentPaths()) {
      const parsed = parseSegment(readFileSync(path));
      if (parsed === undefined) rmSync(path, { force: true });
      else segments.push(Segment.found(path, parsed, takenOf(path, mark)));
      if (parsed === undefined || parsed.tail === 'damaged') damagedBatches += 1;
      last = parsed;
    }
    return { segments, appendable: this.#isAppendable(last, mark, bootId), damagedBatches };
  }

  /** Oldest first; removes what a dying process left half made. */
  #segmentPaths(): readonly string[] {
    const names = readdirSync(this.#dir).sort();
    for (const name of names) if (name.endsWith('.tmp')) rmSync(join(this.#dir, name), { force: true });
    const paths = names.filter((name) => /^\d{8}\.seg$/.test(name)).map((name) => join(this.#dir, name));
    this.#lastNumber = Math.max(this.#lastNumber, ...paths.map(numberOf));
    return paths;
  }

  #isAppendable(last: ParsedSegment | undefined, mark: Mark, bootId: string): boolean {
    if (last === undefined || last.tail === 'damaged' || last.header.bootId !== bootId) return false;
    // fewer records than were sent: the file lost some, and with them the knowledge of which sequences are free
    return mark.number !== this.#lastNumber || mark.first <= last.records.length;
  }

  /** Notes that everything before place `first` of this segment was sent, if the disk takes it. */
  mark(segment: Segment): void {
    if (segment.path === undefined) return;
    const bytes = Buffer.alloc(MARK_BYTES);
    bytes.writeUInt32LE(numberOf(segment.path), 0);
    bytes.writeUInt32LE(segment.first, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
    try {
      writeSync(this.#markFd, bytes, 0, MARK_BYTES, 0);
    } catch {
      // the old mark stays, see above
    }
  }

  close(): void {
    closeSync(this.#markFd);
    this.#unlock();
  }

  #readMark(): Mark {
    const bytes = Buffer.alloc(MARK_BYTES);
    readSync(this.#markFd, bytes, 0, MARK_BYTES, 0);
    const sound = bytes.readUInt32LE(8) === crc32(bytes.subarray(0, 8)) && bytes.readUInt32LE(0) > 0;
    return sound ? { number: bytes.readUInt32LE(0), first: bytes.readUInt32LE(4) } : { number: 0, first: 0 };
  }
}

/** How far everything was sent: all segments before `number`, and of that one the records before place `first`. */
interface Mark {
  readonly number: number;
  readonly first: number;
}

function takenOf(path: string, mark: Mark): number {
  const number = numberOf(path);
  if (number < mark.number) return Number.MAX_SAFE_INTEGER;
  return number === mark.number ? mark.first : 0;
}

const numberOf = (path: string): number => Number(path.slice(-12, -4));
