import type { DurationMs } from '../../core/units.ts';

/** The settings of a Kinesis event source mapping, under AWS's names and with AWS's defaults. */
export interface EventSourceSettings {
  /** Records of one invocation, 1 to 10,000. */
  readonly batchSize: number;
  /** How long records may be gathered for a fuller batch; 0 invokes at once. */
  readonly maxBatchingWindowMs: DurationMs;
  /** Length of a tumbling window in seconds, up to 900; 0 switches windows off. */
  readonly tumblingWindowS: number;
  /** How often a failed batch is tried again; -1 is for ever. */
  readonly maximumRetryAttempts: number;
  /** Records older than this are discarded; -1 keeps every one. */
  readonly maximumRecordAgeS: number;
  /** Whether a failed batch is halved until the bad record is alone; halving is not counted as a retry. */
  readonly bisectBatchOnFunctionError: boolean;
  /** Whether the answer's `batchItemFailures` is read. */
  readonly reportBatchItemFailures: boolean;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** Time between two reads of a shard that has nothing new. A shard allows five reads a second. */
  readonly pollIntervalMs: DurationMs;
  /** Wait before the first retry; it doubles up to a hundred times this. */
  readonly retryBackoffMs: DurationMs;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html, and two of the poller's own. */
export const DEFAULT_SETTINGS: EventSourceSettings = {
  batchSize: 100,
  maxBatchingWindowMs: 0,
  tumblingWindowS: 0,
  maximumRetryAttempts: -1,
  maximumRecordAgeS: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  startingPosition: 'TRIM_HORIZON',
  pollIntervalMs: 200,
  retryBackoffMs: 100,
};
