import { crc32, constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Fault } from '../../core/fault.ts';
import { malformed } from './malformed.ts';

/** First bytes of every batch; the first one is in no text. */
const MAGIC = Uint8Array.of(0x9e, 0x53, 0x43, 0x54);
/** Raised when a reader of the former version would misread the bytes. */
const VERSION = 1;
const STORED = 0;
const ZSTD = 1;
/** Higher levels gain nothing on a few kilobytes. */
const ZSTD_LEVEL = 3;

const VERSION_AT = 4;
const COMPRESSION_AT = 5;
const STORED_LENGTH_AT = 6;
const LENGTH_AT = 10;
const CRC_AT = 14;
/** Bytes in front of the payload. */
const HEADER_BYTES = 18;
/** Longest batch on the wire, header included: what one Kinesis record may hold with room for its key. */
export const MAX_BATCH_BYTES = 1_000_000;
/** Longest message inside. */
const MAX_MESSAGE_BYTES = 4_194_304;

/**
 * Puts magic, version, compression, lengths and checksum in front of a message, which is compressed when that makes it
 * shorter. Throws Fault TRACE_TOO_LARGE.
 */
export function sealEnvelope(message: Uint8Array): Uint8Array {
  if (message.length > MAX_MESSAGE_BYTES) throw tooLarge('message', message.length, MAX_MESSAGE_BYTES);
  const squeezed = zstdCompressSync(message, {
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  const isShorter = squeezed.length < message.length;
  const payload = isShorter ? squeezed : message;
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  if (bytes.length > MAX_BATCH_BYTES) throw tooLarge('batch', bytes.length, MAX_BATCH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes[VERSION_AT] = VERSION;
  bytes[COMPRESSION_AT] = isShorter ? ZSTD : STORED;
  view.setUint32(STORED_LENGTH_AT, payload.length, true);
  view.setUint32(LENGTH_AT, message.length, true);
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(CRC_AT, checksum(bytes), true);
  return bytes;
}

/**
 * The message inside. Throws Fault TRACE_MAGIC, TRACE_VERSION, TRACE_TRUNCATED, TRACE_TOO_LARGE, TRACE_CRC or TRACE_MALFORMED.
 */
export function openEnvelope(bytes: Uint8Array): Uint8Array {
  checkMagic(bytes);
  if (bytes.length < HEADER_BYTES) throw truncated(bytes.length, `a header of ${HEADER_BYTES}`);
  const version = bytes[VERSION_AT];
  if (version !== VERSION) {
    throw new Fault(
      'TRACE_VERSION',
      `trace batch has version ${version ?? 0}, wanted ${VERSION}: upgrade the reader before the agents`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = view.getUint32(STORED_LENGTH_AT, true);
  const length = view.getUint32(LENGTH_AT, true);
  if (HEADER_BYTES + stored > MAX_BATCH_BYTES) throw tooLarge('batch', HEADER_BYTES + stored, MAX_BATCH_BYTES);
  if (length > MAX_MESSAGE_BYTES) throw tooLarge('message', length, MAX_MESSAGE_BYTES);
  if (bytes.length < HEADER_BYTES + stored) throw truncated(bytes.length, HEADER_BYTES + stored);
  if (bytes.length > HEADER_BYTES + stored) {
    throw malformed(`${bytes.length} bytes, wanted ${HEADER_BYTES + stored}`);
  }
  if (view.getUint32(CRC_AT, true) !== checksum(bytes)) {
    throw new Fault('TRACE_CRC', 'trace batch was changed on the way: its checksum is wrong; send it again');
  }
  return unpack(bytes, length);
}

function checkMagic(bytes: Uint8Array): void {
  const wrong = MAGIC.findIndex((byte, index) => index < bytes.length && bytes[index] !== byte);
  if (wrong >= 0)
    throw new Fault(
      'TRACE_MAGIC',
      `not a trace batch: byte ${wrong} is ${bytes[wrong] ?? 0}, wanted ${MAGIC[wrong] ?? 0}`,
    );
}

function unpack(bytes: Uint8Array, length: number): Uint8Array {
  const payload = bytes.subarray(HEADER_BYTES);
  const compression = bytes[COMPRESSION_AT];
  const message = compression === ZSTD ? inflate(payload, length) : payload;
  if (compression !== ZSTD && compression !== STORED) throw malformed(`compression ${compression ?? 0}, wanted 0 or 1`);
  if (message.length !== length) throw malformed(`a message of ${message.length} bytes, wanted ${length}`);
  return message;
}

function inflate(payload: Uint8Array, length: number): Uint8Array {
  try {
    return zstdDecompressSync(payload, { maxOutputLength: length });
  } catch (cause) {
    throw malformed(`its payload is not ${length} bytes compressed with zstd`, cause);
  }
}

/** CRC-32 (the one of zlib, gzip and PNG) over everything but the checksum itself. */
const checksum = (bytes: Uint8Array): number => crc32(bytes.subarray(HEADER_BYTES), crc32(bytes.subarray(0, CRC_AT)));

const truncated = (got: number, wanted: number | string): Fault =>
  new Fault('TRACE_TRUNCATED', `trace batch ends after ${got} bytes, wanted ${wanted}`);

const tooLarge = (what: string, got: number, limit: number): Fault =>
  new Fault(
    'TRACE_TOO_LARGE',
    `trace batch is too large: ${what} of ${got} bytes, wanted at most ${limit}; send fewer frames at once`,
  );
