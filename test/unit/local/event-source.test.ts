import {
  ExpiredIteratorException,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { systemClock } from '../../../agent/system-clock.ts';
import { pollEventSource, type EventSource, type EventSourceOptions } from '../../../lib/local/event-source.ts';
import type { DiscardedBatch } from '../../../lib/local/event-source/discard.ts';
import type { KinesisEvent } from '../../../lib/local/event-source/kinesis-event.ts';
import { startKinesis, type LocalKinesis } from '../../../lib/local/kinesis.ts';

const STREAM = 'traces';
const ARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM}`;

describe('pollEventSource', () => {
  let kinesis: LocalKinesis;
  let client: KinesisClient;
  let source: EventSource | undefined;
  let stopping: AbortController;
  let lines: string[];
  const discarded: DiscardedBatch[] = [];

  const begin = async (shards = 1): Promise<void> => {
    kinesis = await startKinesis({ streams: [{ name: STREAM, shards }] });
    client = kinesis.client();
  };
  const poll = async (invoke: EventSourceOptions['invoke'], more: Partial<EventSourceOptions> = {}): Promise<void> => {
    source = await pollEventSource({
      client,
      stream: STREAM,
      functionName: 'replay',
      invoke,
      onDiscard: (batch) => {
        discarded.push(batch);
      },
      clock: systemClock,
      signal: stopping.signal,
      log: (line) => lines.push(line),
      ...more,
      settings: { pollIntervalMs: 10, retryBackoffMs: 1, ...more.settings },
    });
  };
  const put = async (texts: readonly string[], keyOf: (text: string) => string = () => 'host'): Promise<void> => {
    const Records = texts.map((text) => ({ PartitionKey: keyOf(text), Data: Buffer.from(text) }));
    await client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    await source?.done;
  };
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (const endsAt = Date.now() + 20_000; !isTrue() && Date.now() < endsAt;) await systemClock.sleep(5);
    expect(isTrue()).toBe(true);
  };

  beforeEach(() => {
    stopping = new AbortController();
    source = undefined;
    lines = [];
    discarded.length = 0;
  });
  afterEach(async () => {
    await stop();
    client.destroy();
    await kinesis.stop();
  });

  it('hands records over in the form of lambda', async () => {
    await begin();
    const events: KinesisEvent[] = [];
    await put(['hello']);

    await poll((event) => Promise.resolve(events.push(event)));
    await until(() => events.length === 1);

    const sequenceNumber = events[0]!.Records[0]!.kinesis.sequenceNumber;
    expect(events).toEqual([
      {
        Records: [
          {
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: 'host',
              sequenceNumber: expect.stringMatching(/^\d{56}$/) as string,
              data: 'aGVsbG8=',
              approximateArrivalTimestamp: expect.any(Number) as number,
            },
            eventSource: 'aws:kinesis',
            eventVersion: '1.0',
            eventID: `shardId-000000000000:${sequenceNumber}`,
            eventName: 'aws:kinesis:record',
            invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
            awsRegion: 'us-east-1',
            eventSourceARN: ARN,
          },
        ],
      },
    ]);
    expect(events[0]!.Records[0]!.kinesis.approximateArrivalTimestamp * 1000).toBeCloseTo(Date.now(), -5);
  });

  it('delivers each record of each shard once and in order, in batches within their size', async () => {
    await begin(2);
    const seen: Record<string, string[]> = {};
    const sizes: number[] = [];
    const all = Array.from({ length: 60 }, (_, n) => `${n % 4} ${String(n).padStart(3, '0')}`);

    await poll(
      (event) => {
        sizes.push(event.Records.length);
        for (const { kinesis: record } of event.Records) (seen[record.partitionKey] ??= []).push(textOf(record.data));
        return Promise.resolve({});
      },
      { settings: { batchSize: 7 } },
    );
    await put(all.slice(0, 30), (text) => text.charAt(0));
    await put(all.slice(30), (text) => text.charAt(0));
    await until(() => sizes.reduce((sum, size) => sum + size, 0) >= all.length);

    for (const key of ['0', '1', '2', '3']) expect(seen[key]).toEqual(all.filter((text) => text.startsWith(key)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
  });

  it('begins after the newest record when it starts at LATEST', async () => {
    await begin();
    const seen: string[] = [];
    await put(['old']);

    await poll((event) => Promise.resolve(seen.push(...textsOf(event))), { settings: { startingPosition: 'LATEST' } });
    await put(['new']);
    await until(() => seen.length > 0);

    expect(seen).toEqual(['new']);
  });

  it('goes on where it was after an outage, and says it once', async () => {
    await begin();
    const seen: string[] = [];
    await poll((event) => Promise.resolve(seen.push(...textsOf(event))));
    await put(['before']);
    await until(() => seen.length === 1);

    await kinesis.pause();
    await until(() => lines.length > 0);
    await kinesis.resume();
    await put(['after']);
    await until(() => seen.length === 2);

    expect(seen).toEqual(['before', 'after']);
    expect(lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('is read again'))).toHaveLength(1);
  });

  it('renews an iterator that expired, and misses and repeats nothing', async () => {
    await begin();
    const seen: string[] = [];
    const expired = new Set<unknown>();
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          const { ShardIterator } = args.input as { ShardIterator?: string };
          if (commandName === 'GetRecordsCommand' && seen.length === 1 && expired.size === 0)
            expired.add(ShardIterator);
          if (!expired.has(ShardIterator)) return next(args);
          throw new ExpiredIteratorException({ message: 'old', $metadata: {} });
        },
      { step: 'initialize' },
    );
    await poll((event) => Promise.resolve(seen.push(...textsOf(event))));

    await put(['one']);
    await until(() => expired.size === 1);
    await put(['two']);
    await until(() => seen.length >= 2);

    expect(seen).toEqual(['one', 'two']);
    expect(lines).toEqual([]);
  });

  it('reads the child of merged shards after both parents', async () => {
    await begin(2);
    const seen: string[] = [];
    const keyOf = (text: string) => text.charAt(0);
    await put(['1 old', '2 old', '3 old', '4 old'], keyOf);
    await client.send(
      new MergeShardsCommand({
        StreamName: STREAM,
        ShardToMerge: 'shardId-000000000000',
        AdjacentShardToMerge: 'shardId-000000000001',
      }),
    );
    const shardCount = async () => (await client.send(new ListShardsCommand({ StreamName: STREAM }))).Shards?.length;
    while ((await shardCount()) !== 3) await systemClock.sleep(20);
    await put(['1 new', '2 new'], keyOf);

    await poll(async (event) => {
      await systemClock.sleep(5);
      seen.push(...textsOf(event));
    });
    await until(() => seen.length === 6);

    expect(seen.slice(4)).toEqual(['1 new', '2 new']);
  });

  it('isolates a bad record by halving and gives its place to the failure destination', async () => {
    await begin();
    const seen: string[] = [];
    await put(['a', 'b', 'bad', 'c', 'd']);

    await poll(
      (event) => {
        if (textsOf(event).includes('bad')) return Promise.reject(new Error('cannot'));
        return Promise.resolve(seen.push(...textsOf(event)));
      },
      { settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 } },
    );
    await until(() => seen.length === 4);

    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(discarded).toMatchObject([
      {
        requestContext: {
          condition: 'RetryAttemptsExhausted',
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:replay',
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        version: '1.0',
        KinesisBatchInfo: { shardId: 'shardId-000000000000', batchSize: 1, streamArn: ARN },
      },
    ]);
  });

  describe('with tumbling windows', () => {
    const counting =
      (events: KinesisEvent[]): EventSourceOptions['invoke'] =>
      (event) => {
        events.push(event);
        const { n = 0 } = event.state as { n?: number };
        return Promise.resolve({ state: { n: n + event.Records.length } });
      };
    const isFinal = (event: KinesisEvent): boolean => event.isFinalInvokeForWindow === true;

    it('carries the state along, and ends each window with a final invocation without records', async () => {
      await begin();
      const events: KinesisEvent[] = [];
      await poll(counting(events), { settings: { tumblingWindowS: 1 } });

      for (let n = 0; n < 6; n += 1) {
        await put([`a${n}`, `b${n}`]);
        await systemClock.sleep(250);
      }
      await until(() => events.filter(isFinal).reduce((sum, { state }) => sum + (state as { n: number }).n, 0) === 12);

      const finals = events.filter(isFinal);
      expect(finals.length).toBeGreaterThan(1);
      for (const final of finals) {
        expect(final).toMatchObject({
          Records: [],
          shardId: 'shardId-000000000000',
          eventSourceARN: ARN,
          isWindowTerminatedEarly: false,
        });
        const start = Date.parse(final.window!.start);
        expect(Date.parse(final.window!.end) - start).toBe(1000);
        const own = events.filter(({ window }) => window?.start === final.window?.start);
        expect(own[0]!.state).toEqual({});
        expect(own.at(-1)).toBe(final);
        const times = own.flatMap(({ Records }) =>
          Records.map(({ kinesis: one }) => one.approximateArrivalTimestamp * 1000),
        );
        expect(Math.min(...times)).toBeGreaterThanOrEqual(start);
        expect(Math.max(...times)).toBeLessThan(start + 1000);
      }
    });

    it('counts an answer without state as a failed invocation', async () => {
      await begin();
      let invocations = 0;
      await put(['a']);

      await poll(
        (event) => {
          invocations += 1;
          return Promise.resolve(isFinal(event) ? { state: {} } : {});
        },
        { settings: { tumblingWindowS: 1, maximumRetryAttempts: 2 } },
      );
      await until(() => discarded.length === 1);

      expect(discarded[0]?.requestContext.approximateInvokeCount).toBe(3);
      expect(discarded[0]?.responseContext?.functionError).toBeNull();
      expect(invocations).toBeGreaterThanOrEqual(3);
    });

    it('ends a window early when its state is larger than a megabyte, and goes on in it with a fresh state', async () => {
      await begin();
      const events: KinesisEvent[] = [];
      await poll(
        (event) => {
          events.push(event);
          return Promise.resolve({
            state: textsOf(event).includes('big') ? { text: 'x'.repeat(1_100_000) } : { n: 1 },
          });
        },
        { settings: { tumblingWindowS: 900 } },
      );

      await put(['big']);
      await until(() => events.length >= 2);
      await put(['next']);
      await until(() => events.length >= 3);

      const [, early, next] = events;
      expect(early).toMatchObject({ Records: [], isFinalInvokeForWindow: true, isWindowTerminatedEarly: true });
      expect((early!.state as { text: string }).text).toHaveLength(1_100_000);
      expect(next).toMatchObject({ state: {}, window: early!.window, isFinalInvokeForWindow: false });
    });

    it('tries the final invocation until it succeeds', async () => {
      await begin();
      let finals = 0;
      await poll(
        (event) => {
          if (!isFinal(event)) return Promise.resolve({ state: {} });
          finals += 1;
          return finals < 3 ? Promise.reject(new Error('no')) : Promise.resolve({ state: {} });
        },
        { settings: { tumblingWindowS: 1, maximumRetryAttempts: 0 } },
      );

      await put(['a']);
      await until(() => finals === 3);

      expect(discarded).toEqual([]);
    });

    it('finishes the invocation under way and ends open windows when it is stopped, if asked to', async () => {
      await begin();
      const events: KinesisEvent[] = [];
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await poll(
        async (event) => {
          events.push(event);
          await held;
          return { state: { kept: true } };
        },
        { settings: { tumblingWindowS: 900 }, endWindowsOnStop: true },
      );
      await put(['a']);
      await until(() => events.length === 1);

      stopping.abort();
      release();
      await source!.done;

      expect(events).toHaveLength(2);
      expect(events[1]).toMatchObject({
        Records: [],
        state: { kept: true },
        isFinalInvokeForWindow: true,
        isWindowTerminatedEarly: true,
      });
    });
  });
});

const textOf = (data: string): string => Buffer.from(data, 'base64').toString();
const textsOf = (event: KinesisEvent): string[] => event.Records.map(({ kinesis }) => textOf(kinesis.data));
