import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeBatch } from '../lib/adapters/trace/wire.ts';
import { Fault, isFault, messageOf } from '../lib/core/fault.ts';
import { SpoolDirectory } from './spool-directory.ts';
import { recordBytes } from './spool-record.ts';
import { Segment } from './spool-segment.ts';
import type { Batch } from '../lib/core/trace/frame.ts';
import type { Bytes } from '../lib/core/units.ts';
import type { Log } from './log.ts';
import type { Found } from './spool-directory.ts';
import type { DropReason, SpooledRecord } from './spool-segment.ts';

/** A batch before the spool has given it its place. */
export type BatchContent = Omit<Batch, 'epoch' | 'sequence'>;

/** Frames of batches that cannot be read any more are not known and not counted. */
export interface Dropped {
  batches: number;
  frames: number;
}

/** The spool's own account: found + appended = taken + dropped + pending, whatever happened in between. */
export interface SpoolState {
  readonly storage: 'disk' | 'memory';
  /** Why the disk is not used; undefined while it is. */
  readonly because: string | undefined;
  readonly pending: { readonly batches: number; readonly bytes: Bytes };
  /** Batches left by an earlier process. */
  readonly found: number;
  readonly appended: number;
  readonly taken: number;
  readonly dropped: Readonly<Record<DropReason, Readonly<Dropped>>>;
}

export interface SpoolOptions {
  readonly dir: string;
  /** Bound of the files in `dir`, at least 64 KiB. The oldest batches go first. */
  readonly limitBytes: Bytes;
  /** Bound while the disk takes nothing. Default 4 MiB, never above `limitBytes`. */
  readonly memoryLimitBytes?: Bytes;
  /** The most that one record of the stream holds. Default 1 MiB less a key, which every Kinesis stream takes. */
  readonly recordLimitBytes?: Bytes;
  readonly log?: Log;
  /** Names a new epoch: 16 characters. Default: 64 random bits. */
  readonly newEpoch?: () => string;
  /** This boot of the machine. Default: what the kernel says. */
  readonly bootId?: string;
}

const MIB = 1024 * 1024;
const LEAST_LIMIT_BYTES = 64 * 1024;
/** Dropping goes by whole files, so a full spool keeps at least 7/8 of its bound. */
const SEGMENTS_AT_LEAST = 8;
const LONGEST_RETRY_APPENDS = 64;

/**
 * Opens the disk spool in `dir`, making the directory when it is missing. What an earlier process left is sent first. A
 * disk that takes nothing is no error: the spool then works from memory and says so. Throws Fault USAGE when another
 * process uses `dir` or the limit is below 64 KiB.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  if (!(options.limitBytes >= LEAST_LIMIT_BYTES)) {
    throw new Fault('USAGE', `spool limit is ${options.limitBytes} bytes: at least ${LEAST_LIMIT_BYTES} are needed`);
  }
  return Promise.resolve(new Spool(options));
}

/**
 * A queue of encoded batches that outlives its process. A batch is on disk before it can be sent and stays until the
 * stream took it: `kill -9` at any point loses none that was appended, and no sequence is given to two batches.
 *
 * A sequence may be used again only when it is sure that it was never sent. A new epoch is therefore opened whenever that
 * is not known: after a boot of the machine (the page cache may be lost, or the disk be a copy in another VM), after
 * damage in the middle of a file, and for batches that only memory holds because the disk is full.
 */
export class Spool {
  readonly #dir: string;
  readonly #limits: { readonly disk: Bytes; readonly memory: Bytes; readonly record: Bytes };
  readonly #newEpoch: () => string;
  readonly #bootId: string;
  readonly #log: Log | undefined;
  readonly #dropped: Record<DropReason, Dropped> = {
    limit: { batches: 0, frames: 0 },
    'memory-limit': { batches: 0, frames: 0 },
    'too-large': { batches: 0, frames: 0 },
    damaged: { batches: 0, frames: 0 },
  };
  #directory: SpoolDirectory | undefined;
  /** Oldest first, never empty; the last one is written to, and only the last one can be in memory. */
  #segments: Segment[] = [];
  #because: string | undefined;
  #found = 0;
  #appended = 0;
  #taken = 0;
  /** Appends to let pass before the disk is tried again; doubles with each failure. */
  #retryIn = 0;
  #retryAfter = 1;
  #waiting = new Set<() => void>();

  /** Use `openSpool`. */
  constructor(options: SpoolOptions) {
    this.#dir = options.dir;
    this.#limits = {
      disk: options.limitBytes,
      memory: Math.min(options.memoryLimitBytes ?? 4 * MIB, options.limitBytes),
      record: options.recordLimitBytes ?? MIB - 1024,
    };
    this.#newEpoch = options.newEpoch ?? (() => randomBytes(8).toString('hex'));
    this.#bootId = options.bootId ?? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    this.#log = options.log;
    try {
      this.#openDirectory();
    } catch (error) {
      if (isFault(error)) throw error;
      this.#goToMemory(messageOf(error));
    }
  }

  /** The epoch of the next batch, unless a new one must be opened for it. */
  get epoch(): string {
    return this.#tail.header.epoch;
  }

  /**
   * Takes a batch and gives its sequence. One whose encoding is larger than a record of the stream is cut in halves, and
   * the last half's sequence is given. Never throws for want of disk.
   */
  append(content: BatchContent): number {
    const tail = this.#writableTail();
    const { epoch } = tail.header;
    const data = encodeBatch({ ...content, epoch, sequence: tail.nextSequence });
    if (data.length > this.#limits.record) return this.#appendHalves(content);
    const record = { host: content.host, frames: content.frames.length, data };
    let sequence: number;
    try {
      this.#makeRoom(recordBytes(record));
      sequence = this.#tail.append(record).sequence;
    } catch (error) {
      // the bytes name the epoch that the disk knows, so the batch is encoded anew for the one that memory holds
      this.#goToMemory(messageOf(error));
      return this.append(content);
    }
    this.#appended += 1;
    if (this.#because === undefined) this.#retryAfter = 1;
    for (const wake of this.#waiting) wake();
    return sequence;
  }

  /** The oldest waiting batches in order, within both limits; at least one when any waits. They stay until `taken`. */
  peek(limits: { readonly records: number; readonly bytes: Bytes }): readonly SpooledRecord[] {
    const found: SpooledRecord[] = [];
    let bytes = 0;
    for (const segment of this.#segments) {
      if (segment.length === 0) continue;
      for (const record of this.#whole(segment, () => segment.handOut())) {
        if (record.state !== 'waiting') continue;
        bytes += recordBytes(record);
        if (found.length > 0 && (found.length >= limits.records || bytes > limits.bytes)) return found;
        found.push(record);
      }
    }
    return found;
  }

  /** Lets go of batches that the stream took. One that was dropped meanwhile counts as taken after all. */
  taken(records: readonly SpooledRecord[]): void {
    for (const record of records) {
      if (record.state === 'taken') continue;
      if (record.state !== 'waiting') this.#drop(record.state, -1, -record.frames);
      record.state = 'taken';
      this.#taken += 1;
    }
    this.#advance();
  }

  state(): SpoolState {
    const pending = { batches: 0, bytes: 0 };
    for (const segment of this.#segments) {
      pending.batches += segment.length;
      pending.bytes += segment.length === 0 ? 0 : segment.bytes;
    }
    const storage = this.#because === undefined ? 'disk' : 'memory';
    const counts = { found: this.#found, appended: this.#appended, taken: this.#taken };
    return { storage, because: this.#because, pending, ...counts, dropped: structuredClone(this.#dropped) };
  }

  /** Resolves when a batch waits, or when the signal aborts. */
  async whenPending(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#segments.some((segment) => segment.length > 0)) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Closes the files and lets another process in. What waits on disk stays there. */
  close(): void {
    for (const segment of this.#segments) segment.seal();
    this.#directory?.close();
    this.#directory = undefined;
  }

  get #tail(): Segment {
    const tail = this.#segments.at(-1);
    if (tail === undefined) throw new RangeError('a spool has at least one segment');
    return tail;
  }

  #openDirectory(): void {
    const directory = new SpoolDirectory(this.#dir);
    const { segments, appendable, damagedBatches } = findOrClose(directory, this.#bootId);
    this.#directory = directory;
    const inMemory = this.#segments;
    this.#segments = [...segments];
    this.#found = segments.reduce((sum, segment) => sum + segment.length, 0);
    if (damagedBatches > 0) {
      this.#drop('damaged', damagedBatches, 0);
      this.#log?.warn('spool-damaged', { dir: this.#dir, batches: damagedBatches });
    }
    if (inMemory.length > 0) this.#segments.push(...inMemory);
    else if (!appendable) this.#startSegment(new Segment(this.#headerOf(this.#newEpoch(), 1)));
    this.#advance();
  }

  #headerOf(epoch: string, firstSequence: number) {
    return { epoch, firstSequence, bootId: this.#bootId };
  }

  #appendHalves(content: BatchContent): number {
    const { frames, ...rest } = content;
    if (frames.length <= 1) {
      this.#appended += 1;
      this.#drop('too-large', 1, frames.length);
      this.#log?.error('frame-too-large', { vm: frames[0]?.vm, limitBytes: this.#limits.record });
      return this.#tail.nextSequence - 1;
    }
    const middle = Math.ceil(frames.length / 2);
    this.append({ ...rest, frames: frames.slice(0, middle) });
    return this.append({ host: content.host, frames: frames.slice(middle) });
  }

  /** The segment for the next batch: a new one when the last is long enough, and the disk again when it can. */
  #writableTail(): Segment {
    if (this.#because !== undefined) this.#tryDisk();
    const tail = this.#tail;
    if (tail.path === undefined || tail.bytes < Math.min(MIB, this.#limits.disk / SEGMENTS_AT_LEAST)) return tail;
    try {
      this.#startSegment(new Segment(this.#headerOf(tail.header.epoch, tail.nextSequence)));
      tail.seal();
      this.#advance();
    } catch (error) {
      this.#goToMemory(messageOf(error));
    }
    return this.#tail;
  }

  #startSegment(segment: Segment): void {
    if (this.#directory !== undefined) segment.store(this.#directory.nextPath());
    this.#segments.push(segment);
  }

  #goToMemory(because: string): void {
    this.#because = because;
    this.#retryAfter = Math.min(LONGEST_RETRY_APPENDS, this.#retryAfter * 2);
    this.#retryIn = this.#retryAfter;
    this.#log?.warn('spool-memory', { because, dir: this.#dir, limitBytes: this.#limits.memory });
    this.#segments.push(new Segment(this.#headerOf(this.#newEpoch(), 1)));
  }

  #tryDisk(): void {
    this.#retryIn -= 1;
    if (this.#retryIn > 0) return;
    try {
      if (this.#directory === undefined) this.#openDirectory();
      if (this.#directory !== undefined) this.#tail.store(this.#directory.nextPath());
      this.#because = undefined;
      this.#log?.info('spool-disk', { dir: this.#dir, batches: this.#tail.length });
    } catch {
      this.#retryAfter = Math.min(LONGEST_RETRY_APPENDS, this.#retryAfter * 2);
      this.#retryIn = this.#retryAfter;
    }
  }

  /** Drops the oldest batches until `needed` bytes fit within the bound of where the last segment is. */
  #makeRoom(needed: Bytes): void {
    const tail = this.#tail;
    if (tail.path === undefined) {
      while (tail.length > 0 && tail.bytes + needed > this.#limits.memory) this.#dropOldest(tail, 1, 'memory-limit');
      return;
    }
    while (this.#segments.length > 1 && this.#diskBytes() + needed > this.#limits.disk) {
      const oldest = this.#segments[0];
      if (oldest === undefined) return;
      this.#dropOldest(oldest, oldest.length, 'limit');
    }
  }

  #diskBytes(): Bytes {
    return this.#segments.reduce((sum, segment) => sum + (segment.path === undefined ? 0 : segment.bytes), 0);
  }

  #dropOldest(segment: Segment, count: number, reason: DropReason): void {
    const records = this.#whole(segment, () => segment.load())
      .slice(0, count)
      .filter((record) => record.state === 'waiting');
    for (const record of records) {
      record.state = reason;
      this.#drop(reason, 1, record.frames);
    }
    this.#log?.warn('spool-dropped', { reason, batches: records.length });
    this.#advance();
  }

  /** The records that `read` gets from a segment; those that its file has lost meanwhile are counted. */
  #whole(segment: Segment, read: () => SpooledRecord[]): readonly SpooledRecord[] {
    const expected = segment.length;
    const records = read();
    if (segment.length < expected) {
      this.#drop('damaged', expected - segment.length, 0);
      this.#log?.warn('spool-damaged', { dir: this.#dir, batches: expected - segment.length });
    }
    return records;
  }

  #drop(reason: DropReason, batches: number, frames: number): void {
    this.#dropped[reason].batches += batches;
    this.#dropped[reason].frames += frames;
  }

  /** Notes how far everything is sent, and removes what is. */
  #advance(): void {
    for (const segment of this.#segments) segment.advance();
    while (this.#segments.length > 1 && this.#segments[0]?.length === 0) {
      const [done] = this.#segments.splice(0, 1);
      done?.remove();
    }
    const oldest = this.#segments[0];
    if (oldest !== undefined) this.#directory?.mark(oldest);
  }
}

function findOrClose(directory: SpoolDirectory, bootId: string): Found {
  try {
    return directory.find(bootId);
  } catch (error) {
    directory.close();
    throw error;
  }
}
