import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { decodeBatch } from '../../lib/adapters/trace/wire.ts';
import type { Batch } from '../../lib/core/trace/frame.ts';
import { startKinesis } from '../../lib/local/kinesis.ts';
import { startAgent } from '../support/agent-process.ts';

const STREAM = 'shadowcast-trace';
const INTERVAL_MS = 100;

describe('an agent that is killed and a stream that goes away', () => {
  const dir = mkdtempSync(join(tmpdir(), 'shadowcast-no-loss-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('lose no frame and give no sequence to two batches', async () => {
    const kinesis = await startKinesis({ streams: [{ name: STREAM, shards: 1 }] });
    const client = kinesis.client();
    const start = () =>
      startAgent([
        ...['--stream', STREAM, '--endpoint', kinesis.endpoint, '--spool', join(dir, 'spool'), '--host', 'kvm1'],
        ...['--interval', `${INTERVAL_MS}ms`, '--collectors', 'cpu,memory,disks'],
      ]);
    let lives = 0;
    const liveUntil = async (batches: number) => {
      lives += 1;
      const agent = start();
      const before = (await recordsOf(client)).length;
      await untilAsync(async () => (await recordsOf(client)).length >= before + batches);
      return agent;
    };

    // killed while it sends, twice
    for (let kill = 0; kill < 2; kill += 1) await (await liveUntil(5)).end('SIGKILL');
    // killed while the stream is away and batches pile up
    const cutOff = await liveUntil(3);
    await kinesis.pause();
    await cutOff.until('uplink-down');
    await sleep(1_000);
    await cutOff.end('SIGKILL');
    lives += 1;
    const last = start();
    await last.until('uplink-down');
    await sleep(1_000);
    await kinesis.resume();
    await last.until('uplink-up');
    await sleep(500);
    const code = await last.end('SIGTERM');

    const records = await recordsOf(client);
    client.destroy();
    await kinesis.stop();
    const batches = records.map((data) => decodeBatch(data)).sort((a, b) => a.sequence - b.sequence);
    expect(code).toBe(0);
    const stopped = last.log.at(-1) as {
      spool: { pending: { batches: number }; dropped: object };
      loop: { lostFrames: number };
    };
    expect(stopped.spool.pending.batches).toBe(0);
    expect(stopped.loop.lostFrames).toBe(0);
    const bySequence = new Map(batches.map((batch) => [batch.sequence, batch]));
    expect(new Set(batches.map(({ epoch }) => epoch)).size).toBe(1);
    expect([...bySequence.keys()]).toEqual(Array.from(bySequence, (_, index) => index + 1));
    // a batch that was sent twice is the same batch
    for (const batch of batches) expect(batch).toEqual(bySequence.get(batch.sequence));
    // frames follow each other without a gap, but for the moments when no agent lived
    expect(gapsBetween([...bySequence.values()])).toBeLessThanOrEqual(lives - 1);
    expect(bySequence.size).toBeGreaterThan(30);
  }, 60_000);
});

/** Places where a frame does not begin when the one before ended. */
function gapsBetween(batches: readonly Batch[]): number {
  const frames = batches.flatMap((batch) => batch.frames);
  return frames.filter((frame, index) => {
    const before = frames[index - 1];
    return before !== undefined && Math.abs(frame.at - frame.interval - before.at) > INTERVAL_MS / 2;
  }).length;
}

async function recordsOf(client: KinesisClient): Promise<readonly Uint8Array[]> {
  const place = { StreamName: STREAM, ShardId: 'shardId-000000000000' };
  let { ShardIterator: next } = await client.send(
    new GetShardIteratorCommand({ ...place, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const records: Uint8Array[] = [];
  for (;;) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: next! }));
    records.push(...(answer.Records ?? []).map(({ Data }) => Data!));
    if ((answer.Records ?? []).length === 0) return records;
    next = answer.NextShardIterator;
  }
}

async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(100);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
