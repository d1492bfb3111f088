import { ListShardsCommand, type KinesisClient, type Shard } from '@aws-sdk/client-kinesis';
import type { EpochMs } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import { BatchDelivery } from './event-source/batch-delivery.ts';
import type { DiscardedBatch } from './event-source/discard.ts';
import { streamArn, type KinesisEvent } from './event-source/kinesis-event.ts';
import { PendingRecords } from './event-source/pending-records.ts';
import { DEFAULT_SETTINGS, type EventSourceSettings } from './event-source/settings.ts';
import { shardReader, type ShardReader } from './event-source/shard-reader.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from './target.ts';

export interface EventSourceOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  /** The function's name, for the ARN in discard records. */
  readonly functionName?: string;
  /** The function. A rejection is a function error. */
  readonly invoke: (event: KinesisEvent) => Promise<unknown>;
  /** What differs from AWS's defaults. */
  readonly settings: Partial<EventSourceSettings>;
  /** The on-failure destination. */
  readonly onDiscard: (batch: DiscardedBatch) => void | Promise<void>;
  readonly clock: Clock;
  /** Stops it: the running invocation is finished, the rest is left in the stream. */
  readonly signal: AbortSignal;
  /**
   * Whether windows that are open at the stop get a final invocation, which AWS has no moment for: with it, state that
   * rides in windows is checkpointed. The event says `isWindowTerminatedEarly`.
   */
  readonly endWindowsOnStop?: boolean;
  /** Outages, failed invocations and discards, one line each; an outage is said once. */
  readonly log?: (line: string) => void;
}

export interface EventSource {
  /** Resolves after the stop, when the last invocation is over. Rejects only on a bug. */
  readonly done: Promise<void>;
}

/**
 * Invokes a function with the records of a Kinesis stream as an event source mapping does: shard by shard in order, one
 * invocation per shard at a time, with retries, halving, partial answers, discards and tumbling windows.
 *
 * Resolves when every shard has its first iterator, so that a LATEST source sees all that is put from then on. Children
 * of a split or merge are read from their beginning once their parents are read to the end. Parallelization factor,
 * filters and enhanced fan-out are not offered.
 */
export async function pollEventSource(options: EventSourceOptions): Promise<EventSource> {
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const started = new Set<string>();
  const ended = new Set<string>();

  const startReady = async (
    startingPosition: EventSourceSettings['startingPosition'],
  ): Promise<(() => Promise<void>)[]> => {
    const shards = await listShards(options);
    const known = new Set(shards.map((shard) => shard.ShardId));
    const isReady = (shard: Shard): boolean =>
      !started.has(shard.ShardId ?? '') &&
      [shard.ParentShardId, shard.AdjacentParentShardId].every(
        (parent) => parent === undefined || !known.has(parent) || ended.has(parent),
      );
    const ready = shards.filter(isReady).map((shard) => shard.ShardId ?? '');
    return Promise.all(
      ready.map(async (shardId) => {
        started.add(shardId);
        const reader = shardReader({ log: noLog, ...options, shardId, startingPosition });
        await reader.open();
        return () => follow(shardId, reader);
      }),
    );
  };
  const follow = async (shardId: string, reader: ShardReader): Promise<void> => {
    const isOver = await pollShard(shardId, reader, options, settings);
    if (!isOver) return;
    ended.add(shardId);
    const children = await startReady('TRIM_HORIZON');
    await Promise.all(children.map((start) => start()));
  };

  const first = await startReady(settings.startingPosition);
  return { done: Promise.all(first.map((start) => start())).then(() => undefined) };
}

const noLog = (): void => undefined;

/** One shard under way: what reads it, what waits, what delivers. */
interface ShardInHand {
  readonly reader: ShardReader;
  readonly pending: PendingRecords;
  readonly delivery: BatchDelivery;
}

/** Follows one shard; says whether its end was reached. */
async function pollShard(
  shardId: string,
  reader: ShardReader,
  options: EventSourceOptions,
  settings: EventSourceSettings,
): Promise<boolean> {
  const { clock, signal, stream, functionName = 'local' } = options;
  const delivery = new BatchDelivery({
    log: noLog,
    ...options,
    settings,
    shardId,
    streamArn: streamArn(stream),
    functionArn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${functionName}`,
  });
  const shard = { reader, delivery, pending: new PendingRecords(settings) };
  let next: 'at once' | 'wait' | 'over' = 'at once';
  while (!signal.aborted && next !== 'over') {
    const readAt = clock.now();
    next = await readAndDeliver(shard, settings.batchSize, readAt);
    if (next === 'wait') await clock.sleep(Math.max(0, readAt + settings.pollIntervalMs - clock.now()), signal);
  }
  if (signal.aborted && options.endWindowsOnStop === true) await delivery.endWindow(true);
  return next === 'over' && !signal.aborted;
}

async function readAndDeliver(
  { reader, pending, delivery }: ShardInHand,
  limit: number,
  now: EpochMs,
): Promise<'at once' | 'wait' | 'over'> {
  const read = await reader.read(limit);
  if (read === undefined) return 'over';
  pending.add(read.records, now);
  await deliverReady(pending, delivery, { now, flush: read.ended });
  // A read that began after the window's end and found nothing newer has seen all records of the window.
  const isWindowOver = read.caughtUp && now >= (delivery.window?.end ?? Infinity);
  if (pending.size === 0 && (read.ended || isWindowOver)) await delivery.endWindow();
  if (read.ended) return 'over';
  return read.full ? 'at once' : 'wait';
}

async function deliverReady(
  pending: PendingRecords,
  delivery: BatchDelivery,
  { now, flush }: { readonly now: EpochMs; readonly flush: boolean },
): Promise<void> {
  while (!delivery.isStopped) {
    const batch = pending.take(delivery.window, now, flush);
    if (batch === undefined) return;
    const isNext = batch.window !== undefined && delivery.window !== undefined && batch.window !== delivery.window;
    if (isNext) await delivery.endWindow();
    await delivery.deliver(batch.records, batch.window);
  }
}

async function listShards({ client, stream, signal }: EventSourceOptions): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(next === undefined ? { StreamName: stream } : { NextToken: next }),
      { abortSignal: signal },
    );
    shards.push(...(page.Shards ?? []));
    next = page.NextToken;
  } while (next !== undefined);
  return shards;
}
