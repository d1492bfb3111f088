import { randomUUID } from 'node:crypto';
import type { EpochMs } from '../../core/units.ts';
import type { SourceRecord } from './kinesis-event.ts';

export type DiscardCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * What an on-failure destination gets: where the records were, not the records.
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export interface DiscardedBatch {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardCondition;
    readonly approximateInvokeCount: number;
  };
  /** Absent when the function was never invoked with these records. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    readonly functionError: 'Unhandled' | null;
  };
  readonly version: '1.0';
  readonly timestamp: string;
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
}

/** Why and after how many invocations records are given up; `threw` is undefined when there was no invocation. */
export interface DiscardReason {
  readonly condition: DiscardCondition;
  readonly invocations: number;
  readonly threw: boolean | undefined;
}

export interface DiscardPlace {
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
  readonly now: EpochMs;
}

/** The destination's record of a run of records, which must not be empty. */
export function discardedBatch(
  records: readonly SourceRecord[],
  reason: DiscardReason,
  place: DiscardPlace,
): DiscardedBatch {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('discardedBatch: got no records, wanted some');
  const { condition, invocations, threw } = reason;
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: place.functionArn,
      condition,
      approximateInvokeCount: invocations,
    },
    ...(threw !== undefined && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: threw ? 'Unhandled' : null },
    }),
    version: '1.0',
    timestamp: iso(place.now),
    KinesisBatchInfo: {
      shardId: place.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: iso(first.arrivedAt),
      approximateArrivalOfLastRecord: iso(last.arrivedAt),
      batchSize: records.length,
      streamArn: place.streamArn,
    },
  };
}

const iso = (at: EpochMs): string => new Date(at).toISOString();
