import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  type KinesisClient,
  type _Record,
} from '@aws-sdk/client-kinesis';
import { messageOf } from '../../core/fault.ts';
import type { EpochMs } from '../../core/units.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SourceRecord } from './kinesis-event.ts';

/** What one read of a shard gave. */
export interface ShardRead {
  readonly records: readonly SourceRecord[];
  /** Whether the shard had as many as were asked for, so that more are likely waiting. */
  readonly full: boolean;
  /** Whether nothing newer was in the shard at the time of the read. */
  readonly caughtUp: boolean;
  /** Whether the shard is closed and read to its end. */
  readonly ended: boolean;
}

export interface ShardReaderOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly shardId: string;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Reads one shard in order, from where it last was, through outages and expired iterators. */
export interface ShardReader {
  /** Takes the first iterator: records put after this are read, whatever the starting position. */
  open: () => Promise<void>;
  /** The next records, at most `limit`; undefined when the signal aborted first. */
  read: (limit: number) => Promise<ShardRead | undefined>;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

export function shardReader(options: ShardReaderOptions): ShardReader {
  const { client, stream, shardId, clock, signal, log } = options;
  let iterator: string | undefined;
  let last: string | undefined;
  let openedAt: EpochMs = 0;

  const renew = async (): Promise<string> => {
    const askedAt = clock.now();
    const from =
      last !== undefined
        ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: last }
        : { ShardIteratorType: openedAt === 0 ? options.startingPosition : ('TRIM_HORIZON' as const) };
    const answer = await client.send(new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ...from }), {
      abortSignal: signal,
    });
    if (answer.ShardIterator === undefined) throw new Error(`shard ${shardId} gave no iterator`);
    if (openedAt === 0) openedAt = askedAt;
    return answer.ShardIterator;
  };

  const readOnce = async (limit: number): Promise<ShardRead> => {
    iterator ??= await renew();
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }), {
      abortSignal: signal,
    });
    iterator = answer.NextShardIterator;
    const all = answer.Records ?? [];
    last = all.at(-1)?.SequenceNumber ?? last;
    return {
      records: all.map(sourceRecord).filter((record) => isWanted(record, options.startingPosition, openedAt)),
      full: all.length >= limit,
      caughtUp: all.length < limit && (answer.MillisBehindLatest ?? 0) === 0,
      ended: answer.NextShardIterator === undefined,
    };
  };

  return {
    open: async () => {
      iterator = await renew();
    },
    read: async (limit) => {
      for (let failures = 0; !signal.aborted; failures += 1) {
        try {
          const read = await readOnce(limit);
          if (failures > 1) log(`shard ${shardId} of stream ${stream} is read again`);
          return read;
        } catch (error) {
          if (isStopped(signal)) return undefined;
          iterator = undefined;
          if (isIteratorFault(error) && failures === 0) continue;
          if (failures === 1)
            log(`shard ${shardId} of stream ${stream} cannot be read, trying on: ${messageOf(error)}`);
          await clock.sleep(Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS), signal);
        }
      }
      return undefined;
    },
  };
}

/** An iterator lives five minutes at AWS; a restarted server knows none of its old ones. */
const isIteratorFault = (error: unknown): boolean =>
  error instanceof ExpiredIteratorException || error instanceof InvalidArgumentException;

/** Read through a function because the compiler takes `aborted` for constant after the loop's own check. */
const isStopped = (signal: AbortSignal): boolean => signal.aborted;

/**
 * A LATEST reader whose first iterator was lost before any record came reads the shard from its beginning and drops what
 * is older than its opening; AT_TIMESTAMP would say that better, but kinesalite never answers it on an empty shard.
 */
const isWanted = (record: SourceRecord, position: 'TRIM_HORIZON' | 'LATEST', openedAt: EpochMs): boolean =>
  position === 'TRIM_HORIZON' || record.arrivedAt >= openedAt;

const sourceRecord = (record: _Record): SourceRecord => ({
  sequenceNumber: record.SequenceNumber ?? '',
  partitionKey: record.PartitionKey ?? '',
  data: record.Data ?? new Uint8Array(),
  arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
});
