import { CreateStreamCommand, DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import kinesalite from 'kinesalite';
import { kinesisClient, type AwsTarget } from '../adapters/aws/clients.ts';
import { embed, openListener, type Listener } from './listener.ts';
import { localTarget } from './target.ts';

/** A running Kinesis-compatible server with its streams ACTIVE. Records are kept in memory while the process lives. */
export interface LocalKinesis extends Pick<Listener, 'endpoint' | 'port' | 'pause' | 'resume'> {
  /** What any client of it is built with. */
  readonly target: AwsTarget;
  /** A new client; the caller destroys it. */
  client: () => KinesisClient;
  stop: () => Promise<void>;
}

export interface KinesisOptions {
  readonly streams: readonly { readonly name: string; readonly shards: number }[];
  /** 0, the default, takes a free port. */
  readonly port?: number;
}

/** kinesalite's own default of 500 ms would be all of the start-up time. */
const CREATE_STREAM_MS = 5;

/**
 * Starts kinesalite in this process. It knows streams by name only (no ARN parameters), never throttles, and speaks
 * HTTP/1.1 only.
 */
export async function startKinesis({ streams, port = 0 }: KinesisOptions): Promise<LocalKinesis> {
  const shards = streams.reduce((sum, stream) => sum + stream.shards, 0);
  const emulator = kinesalite({ createStreamMs: CREATE_STREAM_MS, shardLimit: Math.max(10, shards) });
  const listener = await openListener(embed(emulator), port);
  const target = localTarget(listener.endpoint);
  const client = () => kinesisClient(target);
  try {
    await createStreams(client(), streams);
  } catch (error) {
    await listener.stop();
    throw error;
  }
  const { endpoint, pause, resume, stop } = listener;
  return { endpoint, port: listener.port, target, pause, resume, stop, client };
}

async function createStreams(client: KinesisClient, streams: KinesisOptions['streams']): Promise<void> {
  try {
    for (const { name, shards } of streams) {
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
      await untilActive(client, name);
    }
  } finally {
    client.destroy();
  }
}

async function untilActive(client: KinesisClient, name: string): Promise<void> {
  for (;;) {
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, CREATE_STREAM_MS));
  }
}
