import { openSpool } from '../../../agent/spool.ts';
import { createUplink } from '../../../agent/uplink.ts';
import { Fault } from '../../../lib/core/fault.ts';
import type { StreamRecord, TraceStream } from '../../../lib/ports/trace-stream.ts';
import { aFrame } from '../../support/builders.ts';
import { keptLog } from '../../support/log-lines.ts';
import { steppingClock } from '../../support/stepping-clock.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();

/** A stream that does as scripted: `down`, or the places that it refuses; after the script it takes everything. */
function aStream(script: ('down' | readonly number[])[] = []) {
  const calls: string[][] = [];
  const stream: TraceStream = {
    put: (records: readonly StreamRecord[]) => {
      calls.push(records.map((record) => String((record as unknown as { sequence: number }).sequence)));
      const answer = script.shift() ?? [];
      if (answer === 'down') return Promise.reject(new Fault('STREAM_UNAVAILABLE', 'no route', { retryable: true }));
      return Promise.resolve(records.map((_, index) => !answer.includes(index)));
    },
  };
  return { stream, calls };
}

async function anUplink(script: ('down' | readonly number[])[] = [], random = () => 0.5) {
  const spool = await openSpool({ dir: tempDir(), limitBytes: 65_536 });
  const { stream, calls } = aStream(script);
  const clock = steppingClock();
  const log = keptLog();
  const append = (count: number) => {
    for (let index = 0; index < count; index += 1) spool.append({ host: 'kvm1', frames: [aFrame()] });
  };
  return { uplink: createUplink({ spool, stream, clock, random, log }), spool, calls, clock, log, append };
}

describe('uplink', () => {
  it('sends what waits in order, in one call', async () => {
    const { uplink, calls, append, spool } = await anUplink();
    append(3);

    expect(await uplink.flush(Number.MAX_SAFE_INTEGER)).toBe(true);

    expect(calls).toEqual([['1', '2', '3']]);
    expect(uplink.state()).toEqual({ calls: 1, sent: 3, refused: 0, down: undefined });
    spool.close();
  });

  it('sends only the refused records of a call again, before newer ones', async () => {
    const { uplink, calls, append, spool } = await anUplink([[1], [0]]);
    append(3);

    await uplink.flush(Number.MAX_SAFE_INTEGER);

    expect(calls).toEqual([['1', '2', '3'], ['2'], ['2']]);
    expect(uplink.state()).toMatchObject({ sent: 3, refused: 2 });
    spool.close();
  });

  it('sends no more than 500 records in a call', async () => {
    const { uplink, calls, append, spool } = await anUplink();
    append(505);

    await uplink.flush(Number.MAX_SAFE_INTEGER);

    expect(calls.map((call) => call.length)).toEqual([500, 5]);
    spool.close();
  });

  it('waits a growing, random share of at most 5 s while the stream is away, and says so once', async () => {
    const outage = Array.from({ length: 9 }, () => 'down' as const);
    const { uplink, append, clock, log, spool } = await anUplink(outage, () => 0.999);
    append(1);
    const from = clock.now();

    await uplink.flush(Number.MAX_SAFE_INTEGER);

    // 0.1 + 0.2 + 0.4 + ... + 3.2 s, then 5 s each
    expect(clock.now() - from).toBeCloseTo(6_300 + 3 * 5_000, -2);
    expect(log.events).toEqual(['uplink-down', 'uplink-up']);
    expect(uplink.state()).toMatchObject({ calls: 10, sent: 1, down: undefined });
    spool.close();
  });

  it('gives up a flush at its deadline and leaves the rest in the spool', async () => {
    const { uplink, append, clock, spool } = await anUplink(Array.from({ length: 99 }, () => 'down' as const));
    append(2);

    expect(await uplink.flush(clock.now() + 2_000)).toBe(false);

    expect(spool.state().pending.batches).toBe(2);
    expect(uplink.state().down).toBe('no route');
    spool.close();
  });

  it('sends what comes while it runs, until it is stopped', async () => {
    const { uplink, append, spool } = await anUplink();
    const stop = new AbortController();
    const running = uplink.run(stop.signal);
    append(2);
    while (uplink.state().sent < 2) await new Promise((resolve) => setImmediate(resolve));
    append(1);
    while (uplink.state().sent < 3) await new Promise((resolve) => setImmediate(resolve));

    stop.abort();
    await running;

    expect(spool.state().pending.batches).toBe(0);
    spool.close();
  });
});
