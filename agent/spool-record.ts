import { crc32 } from 'node:zlib';
import type { HostId } from '../lib/core/units.ts';

/**
 * A segment file of the spool: one header, then records back to back. All numbers little endian.
 *
 *   header   "SCSP" | version u16 | 0 u16 | first sequence u64 | epoch 16 B | boot id 36 B | crc32 of all before u32
 *   record   body length u32 | crc32 of the body u32 | body: frames u32, host length u16, host, encoded batch
 *
 * The sequence of a record is the header's first sequence plus its place; nothing else in the file repeats it.
 */
export interface SegmentHeader {
  readonly firstSequence: number;
  readonly epoch: string;
  /** The machine's boot at which the epoch was opened, from /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

/** One encoded batch as it lies in a segment. */
export interface SegmentRecord {
  readonly host: HostId;
  /** Frames inside `data`, so that a drop can be counted without decoding. */
  readonly frames: number;
  readonly data: Uint8Array;
}

/** What a segment file held. `end` is the length of its readable part; beyond it the bytes are of no use. */
export interface ParsedSegment {
  readonly header: SegmentHeader;
  readonly records: readonly SegmentRecord[];
  readonly end: number;
  /**
   * `whole`: every byte was read. `torn`: the last record was cut off while it was written, which a killed process
   * leaves behind; it had never been handed out. `damaged`: bytes changed in the middle, what followed is lost.
   */
  readonly tail: 'whole' | 'torn' | 'damaged';
}

const MAGIC = 0x50534353;
const VERSION = 1;
const EPOCH_BYTES = 16;
const BOOT_ID_BYTES = 36;
export const HEADER_BYTES = 4 + 4 + 8 + EPOCH_BYTES + BOOT_ID_BYTES + 4;
const RECORD_HEAD_BYTES = 8;
const BODY_HEAD_BYTES = 6;

/** Bytes of a segment header. The epoch is cut or padded to 16 bytes, the boot id to 36. */
export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeBigUInt64LE(BigInt(header.firstSequence), 8);
  bytes.write(header.epoch, 16, EPOCH_BYTES, 'latin1');
  bytes.write(header.bootId, 16 + EPOCH_BYTES, BOOT_ID_BYTES, 'latin1');
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return bytes;
}

export function encodeRecord(record: SegmentRecord): Buffer {
  const host = Buffer.from(record.host, 'utf8');
  const bodyLength = BODY_HEAD_BYTES + host.length + record.data.length;
  const bytes = Buffer.allocUnsafe(RECORD_HEAD_BYTES + bodyLength);
  bytes.writeUInt32LE(bodyLength, 0);
  bytes.writeUInt32LE(record.frames, RECORD_HEAD_BYTES);
  bytes.writeUInt16LE(host.length, RECORD_HEAD_BYTES + 4);
  host.copy(bytes, RECORD_HEAD_BYTES + BODY_HEAD_BYTES);
  bytes.set(record.data, RECORD_HEAD_BYTES + BODY_HEAD_BYTES + host.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(RECORD_HEAD_BYTES)), 4);
  return bytes;
}

/** Size of a record in its segment, in bytes. */
export function recordBytes(record: SegmentRecord): number {
  return RECORD_HEAD_BYTES + BODY_HEAD_BYTES + Buffer.byteLength(record.host, 'utf8') + record.data.length;
}

/** Reads a segment file as far as it is sound; undefined when not even the header is. Never trusts a length. */
export function parseSegment(file: Buffer): ParsedSegment | undefined {
  const header = parseHeader(file);
  if (header === undefined) return undefined;
  const records: SegmentRecord[] = [];
  let end = HEADER_BYTES;
  while (end < file.length) {
    const length = soundRecordLength(file, end);
    if (length === undefined) return { header, records, end, tail: reachesEnd(file, end) ? 'torn' : 'damaged' };
    records.push(readRecord(file, end, length));
    end += length;
  }
  return { header, records, end, tail: 'whole' };
}

function parseHeader(file: Buffer): SegmentHeader | undefined {
  if (file.length < HEADER_BYTES || file.readUInt32LE(0) !== MAGIC || file.readUInt16LE(4) !== VERSION)
    return undefined;
  if (file.readUInt32LE(HEADER_BYTES - 4) !== crc32(file.subarray(0, HEADER_BYTES - 4))) return undefined;
  const text = (from: number, length: number) => file.toString('latin1', from, from + length).replaceAll('\0', '');
  return {
    firstSequence: Number(file.readBigUInt64LE(8)),
    epoch: text(16, EPOCH_BYTES),
    bootId: text(16 + EPOCH_BYTES, BOOT_ID_BYTES),
  };
}

/** Length of the record at `from` with its head, or undefined when it is cut or its bytes are not what was written. */
function soundRecordLength(file: Buffer, from: number): number | undefined {
  if (from + RECORD_HEAD_BYTES + BODY_HEAD_BYTES > file.length) return undefined;
  const end = from + RECORD_HEAD_BYTES + file.readUInt32LE(from);
  if (end > file.length || end < from + RECORD_HEAD_BYTES + BODY_HEAD_BYTES) return undefined;
  if (file.readUInt32LE(from + 4) !== crc32(file.subarray(from + RECORD_HEAD_BYTES, end))) return undefined;
  const hostLength = file.readUInt16LE(from + RECORD_HEAD_BYTES + 4);
  return from + RECORD_HEAD_BYTES + BODY_HEAD_BYTES + hostLength > end ? undefined : end - from;
}

/** Whether an unsound record is the file's last one: its length leads to the end of the file or beyond. */
function reachesEnd(file: Buffer, from: number): boolean {
  return from + RECORD_HEAD_BYTES > file.length || from + RECORD_HEAD_BYTES + file.readUInt32LE(from) >= file.length;
}

function readRecord(file: Buffer, from: number, length: number): SegmentRecord {
  const body = from + RECORD_HEAD_BYTES;
  const data = body + BODY_HEAD_BYTES + file.readUInt16LE(body + 4);
  return {
    frames: file.readUInt32LE(body),
    host: file.toString('utf8', body + BODY_HEAD_BYTES, data),
    data: file.subarray(data, from + length),
  };
}
