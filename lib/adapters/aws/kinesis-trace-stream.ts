import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { Fault, messageOf } from '../../core/fault.ts';
import type { TraceStream } from '../../ports/trace-stream.ts';

/**
 * A trace stream in Kinesis. The partition key is the host, so that all batches of a host are in one shard, in order. The
 * caller keeps to PutRecords' limits (500 records a call) and does the retrying; the client should not.
 *
 * A record is taken when its entry of the answer has a sequence number; throttled ones carry an ErrorCode instead
 * (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html).
 */
export function kinesisTraceStream(client: KinesisClient, streamName: string): TraceStream {
  return {
    put: async (records) => {
      if (records.length === 0) return [];
      const command = new PutRecordsCommand({
        StreamName: streamName,
        Records: records.map(({ host, data }) => ({ PartitionKey: host, Data: data })),
      });
      try {
        const answer = await client.send(command);
        return records.map((_, index) => answer.Records?.[index]?.SequenceNumber !== undefined);
      } catch (error) {
        throw new Fault('STREAM_UNAVAILABLE', `stream ${streamName} took no records: ${reasonOf(error)}`, {
          retryable: true,
          cause: error,
        });
      }
    },
  };
}

/** Connection errors of the SDK may have an empty message; their name or code then says more. */
function reasonOf(error: unknown): string {
  const { name, code } = error as { readonly name?: string; readonly code?: string };
  const message = messageOf(error);
  return [code ?? name, message].filter((part) => part !== undefined && part !== '' && part !== 'Error').join(': ');
}
