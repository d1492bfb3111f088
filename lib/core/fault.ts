/**
 * Every way an operation of Shadowcast can be refused. A code is a metric dimension and a log key: stable, few, never
 * built from input.
 */
export type FaultCode =
  | 'TRACE_MAGIC' // the bytes are not a Shadowcast batch
  | 'TRACE_VERSION' // a batch of a format this decoder does not know
  | 'TRACE_CRC' // bytes were changed on the way
  | 'TRACE_TRUNCATED' // bytes are missing at the end
  | 'TRACE_TOO_LARGE' // a length beyond the format's caps
  | 'TRACE_MALFORMED' // decodes, but says something impossible
  | 'CSV_HEADER' // a trace CSV without the columns it needs
  | 'CSV_ROW' // one line of a trace CSV is unusable
  | 'SHADOW_STALE_WRITE' // another writer was first
  | 'SHADOW_FORMAT' // a checkpoint of a version this code cannot read
  | 'POLICY_INVALID' // a policy file with one or more problems
  | 'PLAN_STALE' // a newer plan, or fresher facts, overtook this one
  | 'PLAN_REFUSED' // the host or the fleet said no, nothing was changed
  | 'ACT_FAILED' // an actuator failed; the message says what is in force now
  | 'PRIMARY_GONE' // the VM does not exist any more
  | 'STREAM_UNAVAILABLE' // the trace stream cannot be reached
  | 'HISTORY_UNAVAILABLE' // past measurements cannot be fetched
  | 'STORE_UNAVAILABLE' // the shadow store cannot be reached
  | 'SPOOL_FULL' // the agent's disk spool is at its bound or the disk is full
  | 'USAGE'; // a command was called wrongly

/** A refusal that a caller can act on. The message says what was got, what was wanted and what to do. */
export class Fault extends Error {
  readonly code: FaultCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(
    code: FaultCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'Fault';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

export const isFault = (thrown: unknown): thrown is Fault => thrown instanceof Fault;

/** What was thrown, as one line for a person. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
