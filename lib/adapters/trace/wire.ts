import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Batch } from '../../core/trace/frame.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { readFrames, writeFrames } from './frame-tables.ts';
import { decodeEvents, decodePrimaries, encodeEvents, encodePrimaries, safeNumber } from './host-news.ts';
import { malformed } from './malformed.ts';
import { NameTable, readNames, wellFormed } from './name-table.ts';
import { TableReader, TableWriter } from './table.ts';
import { BatchSchema } from './trace_pb.ts';
import type { Batch as BatchMessage } from './trace_pb.ts';
import { whole } from './whole.ts';

/**
 * A batch as the bytes of one record of the stream. The same batch gives the same bytes. Throws RangeError for a number
 * that the format cannot hold (not whole, negative, above 2^53 - 1; the message names the field) and Fault TRACE_TOO_LARGE
 * for a batch beyond the caps: send fewer frames at once. A limit on cpu is kept to a millionth of a vCPU.
 */
export function encodeBatch(batch: Batch): Uint8Array {
  const names = new NameTable(batch.host, namesIn(batch));
  const writer = new TableWriter();
  names.write(writer);
  writeFrames(writer, batch.frames, names);
  const message = create(BatchSchema, {
    host: wellFormed('host', batch.host),
    epoch: wellFormed('epoch', batch.epoch),
    sequence: BigInt(whole('sequence', batch.sequence)),
    tables: writer.finish(),
  });
  if (batch.primaries !== undefined) message.primaries = encodePrimaries(batch.primaries, names);
  if (batch.events !== undefined) message.events = encodeEvents(batch.events, names);
  return sealEnvelope(toBinary(BatchSchema, message));
}

/**
 * The batch that `encodeBatch` wrote. Throws Fault TRACE_MAGIC, TRACE_VERSION, TRACE_TRUNCATED, TRACE_TOO_LARGE, TRACE_CRC or
 * TRACE_MALFORMED; a changed or missing byte is never a wrong value. The memory it takes is bounded by the caps of the
 * format, whatever the bytes say.
 */
export function decodeBatch(bytes: Uint8Array): Batch {
  const message = messageOf(openEnvelope(bytes));
  const reader = new TableReader(message.tables);
  const nameAt = readNames(reader, message.host);
  const frames = readFrames(reader, nameAt);
  reader.finish();
  return {
    host: message.host,
    epoch: message.epoch,
    sequence: safeNumber('sequence', message.sequence),
    frames,
    ...(message.primaries === undefined ? {} : { primaries: decodePrimaries(message.primaries, nameAt) }),
    ...(message.events === undefined ? {} : { events: decodeEvents(message.events, nameAt) }),
  };
}

function* namesIn({ frames, primaries = [], events = [] }: Batch): Generator<string> {
  for (const { vm, disks = [], nics = [] } of frames) {
    yield vm;
    for (const { name } of disks) yield name;
    for (const { name } of nics) yield name;
  }
  for (const { vm } of primaries) yield vm;
  for (const { vm } of events) yield vm;
}

function messageOf(payload: Uint8Array): BatchMessage {
  try {
    return fromBinary(BatchSchema, payload, { readUnknownFields: false });
  } catch (cause) {
    throw malformed('it is not a Batch message of protocol buffers', cause);
  }
}
