import fc from 'fast-check';
import { BatchDelivery } from '../../../lib/local/event-source/batch-delivery.ts';
import type { DiscardedBatch } from '../../../lib/local/event-source/discard.ts';
import type { KinesisEvent, SourceRecord, Window } from '../../../lib/local/event-source/kinesis-event.ts';
import { PendingRecords } from '../../../lib/local/event-source/pending-records.ts';
import { DEFAULT_SETTINGS, type EventSourceSettings } from '../../../lib/local/event-source/settings.ts';

/** Records with rising sequence numbers, as a shard has them. */
const recordsOf = (arrivals: readonly number[]): SourceRecord[] =>
  arrivals.map((arrivedAt, index) => ({
    sequenceNumber: String(1000 + index),
    partitionKey: 'host',
    data: new Uint8Array(),
    arrivedAt,
  }));

const sequences = (event: KinesisEvent): string[] => event.Records.map(({ kinesis }) => kinesis.sequenceNumber);

interface Function {
  readonly invoke: (event: KinesisEvent) => Promise<unknown>;
  readonly settings: Partial<EventSourceSettings>;
}

/** A delivery whose waits take no time. */
function aDelivery({ invoke, settings }: Function, now = 0) {
  const discarded: DiscardedBatch[] = [];
  const delivery = new BatchDelivery({
    invoke,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    onDiscard: (batch) => {
      discarded.push(batch);
    },
    clock: { now: () => now, sleep: () => Promise.resolve() },
    signal: new AbortController().signal,
    log: () => undefined,
    functionArn: 'f',
    streamArn: 's',
    shardId: 'shardId-000000000000',
  });
  return { delivery, discarded };
}

const batch = fc.integer({ min: 1, max: 40 }).map((size) => recordsOf(Array<number>(size).fill(0)));
const poisoned = batch.chain((records) =>
  fc.record({
    records: fc.constant(records),
    poison: fc.subarray(records.map(({ sequenceNumber }) => sequenceNumber)),
    retries: fc.integer({ min: 0, max: 3 }),
  }),
);

describe('batch delivery', () => {
  it('gives up exactly the bad records when it halves, whatever they are, and takes every other one', async () => {
    await fc.assert(
      fc.asyncProperty(poisoned, async ({ records, poison, retries }) => {
        const bad = new Set(poison);
        const taken: string[] = [];
        const { delivery, discarded } = aDelivery({
          settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: retries },
          invoke: (event) => {
            if (sequences(event).some((one) => bad.has(one))) return Promise.reject(new Error('bad'));
            taken.push(...sequences(event));
            return Promise.resolve({});
          },
        });

        await delivery.deliver(records, undefined);

        expect(discarded.map(({ KinesisBatchInfo: info }) => [info.startSequenceNumber, info.batchSize])).toEqual(
          poison.map((one) => [one, 1]),
        );
        expect(taken).toEqual(records.map(({ sequenceNumber }) => sequenceNumber).filter((one) => !bad.has(one)));
      }),
    );
  });

  it.each([true, false])(
    'takes every good record exactly once and in order with partial answers that stop at the first bad one (halving %s)',
    async (bisectBatchOnFunctionError) => {
      await fc.assert(
        fc.asyncProperty(poisoned, async ({ records, poison, retries }) => {
          const bad = new Set(poison);
          const taken: string[] = [];
          const { delivery, discarded } = aDelivery({
            settings: { bisectBatchOnFunctionError, reportBatchItemFailures: true, maximumRetryAttempts: retries },
            invoke: (event) => {
              const all = sequences(event);
              const first = all.findIndex((one) => bad.has(one));
              taken.push(...(first < 0 ? all : all.slice(0, first)));
              return Promise.resolve({ batchItemFailures: first < 0 ? [] : [{ itemIdentifier: all[first] }] });
            },
          });

          await delivery.deliver(records, undefined);

          const given = discarded.reduce((sum, { KinesisBatchInfo: info }) => sum + info.batchSize, 0);
          expect(taken).toEqual([...taken].sort());
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.length + given).toBe(records.length);
          if (bisectBatchOnFunctionError) expect(given).toBe(bad.size);
        }),
      );
    },
  );

  it('invokes a batch that always fails once and then as often as there are retries', async () => {
    await fc.assert(
      fc.asyncProperty(batch, fc.integer({ min: 0, max: 5 }), async (records, retries) => {
        let invocations = 0;
        const { delivery, discarded } = aDelivery({
          settings: { maximumRetryAttempts: retries },
          invoke: () => {
            invocations += 1;
            return Promise.reject(new Error('no'));
          },
        });

        await delivery.deliver(records, undefined);

        expect(invocations).toBe(retries + 1);
        expect(discarded).toMatchObject([
          {
            requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: retries + 1 },
            responseContext: { functionError: 'Unhandled' },
            KinesisBatchInfo: { batchSize: records.length },
          },
        ]);
      }),
    );
  });

  it('does not count it as a retry that a batch is cut at the record that was reported', async () => {
    const { delivery, discarded } = aDelivery({
      settings: { bisectBatchOnFunctionError: true, reportBatchItemFailures: true, maximumRetryAttempts: 0 },
      invoke: () => Promise.resolve({ batchItemFailures: [{ itemIdentifier: '1002' }] }),
    });

    await delivery.deliver(recordsOf([0, 0, 0]), undefined);

    expect(discarded).toMatchObject([
      {
        requestContext: { approximateInvokeCount: 2 },
        KinesisBatchInfo: { startSequenceNumber: '1002', batchSize: 1 },
      },
    ]);
  });

  it('never invokes with a record that is too old, and gives each one up once', async () => {
    const arrivals = fc
      .array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1 })
      .map((times) => times.sort((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 0, max: 100 }), async (times, maximumRecordAgeS) => {
        const now = 100_000;
        const taken: string[] = [];
        const { delivery, discarded } = aDelivery(
          {
            settings: { maximumRecordAgeS },
            invoke: (event) => {
              taken.push(...sequences(event));
              return Promise.resolve({});
            },
          },
          now,
        );

        await delivery.deliver(recordsOf(times), undefined);

        const fresh = times.filter((time) => time >= now - maximumRecordAgeS * 1000).length;
        expect(taken).toHaveLength(fresh);
        const old = discarded.map(({ KinesisBatchInfo: info }) => info.batchSize);
        expect(old).toEqual(fresh === times.length ? [] : [times.length - fresh]);
        expect(discarded.every(({ responseContext }) => responseContext === undefined)).toBe(true);
      }),
    );
  });

  it('hands a window the state of its own records only, whatever the batches are', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 10 }), async (gaps, batchSize) => {
        let at = 1_700_000_000_000;
        const records = recordsOf(gaps.map((gap) => (at += gap)));
        const finals = new Map<string, unknown>();
        const { delivery } = aDelivery({
          settings: { tumblingWindowS: 5 },
          invoke: (event) => {
            const { seen } = event.state as { seen?: string[] };
            if (event.isFinalInvokeForWindow === true) {
              expect(event.Records).toEqual([]);
              expect(finals.has(event.window!.start)).toBe(false);
              finals.set(event.window!.start, seen);
            }
            return Promise.resolve({ state: { seen: [...(seen ?? []), ...sequences(event)] } });
          },
        });
        const pending = new PendingRecords({ ...DEFAULT_SETTINGS, batchSize, tumblingWindowS: 5 });
        pending.add(records, at);

        for (let next = pending.take(delivery.window, at, true); next !== undefined;) {
          if (delivery.window !== undefined && next.window !== delivery.window) await delivery.endWindow();
          await delivery.deliver(next.records, next.window);
          next = pending.take(delivery.window, at, true);
        }
        await delivery.endWindow();

        expect(finals).toEqual(byWindow(records, 5000));
      }),
    );
  });
});

function byWindow(records: readonly SourceRecord[], length: number): Map<string, string[]> {
  const windows = new Map<string, string[]>();
  for (const { arrivedAt, sequenceNumber } of records) {
    const start = new Date(arrivedAt - (arrivedAt % length)).toISOString().replace('.000Z', 'Z');
    windows.set(start, [...(windows.get(start) ?? []), sequenceNumber]);
  }
  return windows;
}

describe('pending records', () => {
  it('come out in order, once each, in batches within size and window', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(0, 2),
        (gaps, batchSize, tumblingWindowS) => {
          let at = 0;
          const records = recordsOf(gaps.map((gap) => (at += gap)));
          const pending = new PendingRecords({ ...DEFAULT_SETTINGS, batchSize, tumblingWindowS });
          pending.add(records, 0);
          const out: SourceRecord[] = [];
          let open: Window | undefined;

          for (let next = pending.take(open, 0, true); next !== undefined; next = pending.take(open, 0, true)) {
            expect(next.records.length).toBeLessThanOrEqual(batchSize);
            const { window } = next;
            expect(window === undefined).toBe(tumblingWindowS === 0);
            if (window !== undefined) expect(next.records.every((one) => one.arrivedAt < window.end)).toBe(true);
            open = window;
            out.push(...next.records);
          }

          expect(out).toEqual(records);
          expect(pending.size).toBe(0);
        },
      ),
    );
  });

  it('wait for a fuller batch, until the batching time is over', () => {
    const pending = new PendingRecords({ ...DEFAULT_SETTINGS, batchSize: 3, maxBatchingWindowMs: 500 });
    pending.add(recordsOf([0, 0]), 1000);

    expect(pending.take(undefined, 1499, false)).toBeUndefined();
    expect(pending.take(undefined, 1500, false)?.records).toHaveLength(2);
  });

  it('do not wait when the batch is full', () => {
    const pending = new PendingRecords({ ...DEFAULT_SETTINGS, batchSize: 2, maxBatchingWindowMs: 500 });
    pending.add(recordsOf([0, 0, 0]), 1000);

    expect(pending.take(undefined, 1000, false)?.records).toHaveLength(2);
    expect(pending.take(undefined, 1000, false)).toBeUndefined();
  });

  it('keep an invocation within six megabytes', () => {
    const pending = new PendingRecords({ ...DEFAULT_SETTINGS, batchSize: 100 });
    const data = new Uint8Array(1_000_000);
    pending.add(
      recordsOf(Array<number>(10).fill(0)).map((record) => ({ ...record, data })),
      0,
    );

    expect(pending.take(undefined, 0, false)?.records).toHaveLength(4);
  });
});
