import type { Json, SourceRecord } from './kinesis-event.ts';

/** How an invocation went for its batch. `failed` is the place of the first record to deliver again; 0 is the whole batch. */
export type BatchResult =
  | { readonly kind: 'done'; readonly state: Json | undefined }
  | { readonly kind: 'failed'; readonly failed: number; readonly because: string; readonly state: Json | undefined };

export interface AnswerRules {
  readonly reportBatchItemFailures: boolean;
  /** Whether a tumbling window is on, so that the answer must carry `state`. */
  readonly windowed: boolean;
}

/**
 * What Lambda makes of a function's answer.
 *
 *   batchItemFailures           outcome
 *   absent, null, []            the batch is done
 *   known sequence numbers      done up to the lowest of them
 *   empty, null, unknown id     the whole batch failed
 *   not a list                  the whole batch failed
 *
 * With a tumbling window an answer without `state` is a failed invocation. A partial failure may carry the state of
 * the records that went well; it is taken over.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function readAnswer(answer: unknown, records: readonly SourceRecord[], rules: AnswerRules): BatchResult {
  const fields = typeof answer === 'object' && answer !== null ? (answer as Readonly<Record<string, unknown>>) : {};
  const state = rules.windowed ? (fields['state'] as Json | undefined) : undefined;
  if (rules.windowed && !isState(state)) return whole('the answer has no state, which a tumbling window wants');
  const failures = rules.reportBatchItemFailures ? (fields['batchItemFailures'] ?? []) : [];
  if (!Array.isArray(failures)) return whole('batchItemFailures is not a list');
  if (failures.length === 0) return { kind: 'done', state };
  const places = failures.map((failure) => placeOf(failure, records));
  if (places.includes(-1)) return whole('batchItemFailures names a record that is not in the batch');
  const failed = Math.min(...places);
  return { kind: 'failed', failed, because: `${failures.length} of ${records.length} records failed`, state };
}

const isState = (state: Json | undefined): boolean => state !== undefined && state !== null;

const whole = (because: string): BatchResult => ({ kind: 'failed', failed: 0, because, state: undefined });

function placeOf(failure: unknown, records: readonly SourceRecord[]): number {
  const id = typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure && failure.itemIdentifier;
  return records.findIndex((record) => record.sequenceNumber === id);
}
