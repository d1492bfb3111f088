import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRecordsCommand, GetShardIteratorCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { systemClock } from '../../agent/system-clock.ts';
import { decodeBatch } from '../../lib/adapters/trace/wire.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { startControlPlane, STREAM, type ControlPlane } from '../../lib/local/control-plane.ts';
import { startAgent } from '../support/agent-process.ts';
import { aWitness } from '../support/platform.ts';

const HOST = 'kvm1';
/** How long the stream is away; the gate makes it 30 s. */
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 3_000);
/** Slow enough for all batches of the longest outage to be within the 256 that a shadow remembers. */
const INTERVAL = '250ms';

/** Every batch that the stream holds, in the order in which it came. */
const batchesOf = async (
  plane: ControlPlane,
): Promise<{ data: Uint8Array; frames: readonly Frame[]; sequence: number }[]> => {
  const client = plane.kinesis.client();
  let { ShardIterator: next } = await client.send(
    new GetShardIteratorCommand({
      StreamName: STREAM,
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  );
  const all: { data: Uint8Array; frames: readonly Frame[]; sequence: number }[] = [];
  for (;;) {
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: next! }));
    all.push(...Records.map(({ Data }) => ({ data: Data!, ...decodeBatch(Data!) })));
    if (Records.length === 0) break;
    next = NextShardIterator;
  }
  client.destroy();
  return all;
};

/** Puts batches again, newest first: each one a duplicate, all of them out of order. */
const putReversed = async (plane: ControlPlane, batches: readonly { data: Uint8Array }[]): Promise<void> => {
  const client = plane.kinesis.client();
  const Records = batches.toReversed().map(({ data }) => ({ PartitionKey: HOST, Data: data }));
  await client.send(new PutRecordsCommand({ StreamName: STREAM, Records }));
  client.destroy();
};

const soon = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('not so within half a minute');
    await systemClock.sleep(100);
  }
};

describe('a killed agent, a stream that is away, records that come twice and out of order', () => {
  it(`leave every frame counted exactly once after an outage of ${OUTAGE_MS / 1_000} s`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'shadowcast-once-'));
    const observer = aWitness();
    const plane = await startControlPlane({
      policies: { policies: [] },
      horizon: { lead: 5_000, hold: 5_000 },
      observer,
      clock: systemClock,
      log: () => undefined,
      windowSeconds: 4,
    });
    const start = () =>
      startAgent([
        ...['--stream', STREAM, '--endpoint', plane.kinesis.endpoint, '--spool', join(dir, 'spool'), '--host', HOST],
        ...['--interval', INTERVAL, '--collectors', 'cpu,memory'],
      ]);
    const counted = (): number => observer.calls.applied.length;

    const first = start();
    await soon(() => counted() >= 5);
    await first.end('SIGKILL');
    const second = start();
    await soon(() => counted() >= 10);
    await plane.kinesis.pause();
    await systemClock.sleep(OUTAGE_MS);
    await second.end('SIGKILL');
    const third = start();
    await third.until('uplink-down');
    await plane.kinesis.resume();
    await third.until('uplink-up');
    await systemClock.sleep(1_000);
    expect(await third.end('SIGTERM')).toBe(0);
    const sent = await batchesOf(plane);
    await putReversed(plane, sent);
    const framesPut = sent.flatMap(({ frames }) => frames).length;
    await soon(() => counted() + observer.calls.dropped.length >= 2 * framesPut);
    await plane.stop();
    rmSync(dir, { recursive: true, force: true });

    const numbers = new Set(sent.map(({ sequence }) => sequence));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from(numbers, (_, index) => index + 1));
    const frames = new Map(
      sent.flatMap((batch) => batch.frames.map((frame) => [`${batch.sequence}/${frame.at}`, frame])),
    );
    const applied = observer.calls.applied as Frame[];
    expect(applied.map(({ at }) => at).sort()).toEqual([...frames.values()].map(({ at }) => at).sort());
    expect(applied.length).toBeGreaterThan(10 + OUTAGE_MS / 1_000);
    expect(observer.calls.dropped).toHaveLength(2 * framesPut - applied.length);
    expect(new Set(observer.calls.dropped.map((drop) => (drop as { reason: string }).reason))).toEqual(
      new Set(['duplicate']),
    );
    expect(plane.discarded()).toBe(0);
  }, 120_000);
});
