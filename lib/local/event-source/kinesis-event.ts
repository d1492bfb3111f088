import { LOCAL_ACCOUNT, LOCAL_REGION } from '../target.ts';
import type { DurationMs, EpochMs } from '../../core/units.ts';

/** Any JSON value as a function returns or receives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** One record on its way from a shard to the function. */
export interface SourceRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly arrivedAt: EpochMs;
}

/** A record as Lambda hands it over. */
export interface KinesisEventRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since the epoch, with fractions. */
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

/** The fields that a tumbling window adds to an event. */
export interface WindowFields {
  readonly window: { readonly start: string; readonly end: string };
  readonly state: Json;
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

/** What the function is invoked with. */
export interface KinesisEvent extends Partial<WindowFields> {
  readonly Records: readonly KinesisEventRecord[];
}

/** Stretch of time whose records share one state; `start` is a whole multiple of the window's length. */
export interface Window {
  readonly start: EpochMs;
  readonly end: EpochMs;
}

export const streamArn = (stream: string): string =>
  `arn:aws:kinesis:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stream/${stream}`;

/** The window that an arrival time belongs to. */
export function windowOf(at: EpochMs, length: DurationMs): Window {
  const start = Math.floor(at / length) * length;
  return { start, end: start + length };
}

/** A record in Lambda's form. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
export const eventRecord = (record: SourceRecord, arn: string, shardId: string): KinesisEventRecord => ({
  kinesis: {
    kinesisSchemaVersion: '1.0',
    partitionKey: record.partitionKey,
    sequenceNumber: record.sequenceNumber,
    data: Buffer.from(record.data.buffer, record.data.byteOffset, record.data.byteLength).toString('base64'),
    approximateArrivalTimestamp: record.arrivedAt / 1000,
  },
  eventSource: 'aws:kinesis',
  eventVersion: '1.0',
  eventID: `${shardId}:${record.sequenceNumber}`,
  eventName: 'aws:kinesis:record',
  invokeIdentityArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/local`,
  awsRegion: LOCAL_REGION,
  eventSourceARN: arn,
});

/** Times of a window in the form of AWS's examples: whole seconds, `2020-12-09T07:04:00Z`. */
export const windowTimes = ({ start, end }: Window): WindowFields['window'] => ({
  start: isoSeconds(start),
  end: isoSeconds(end),
});

const isoSeconds = (at: EpochMs): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
