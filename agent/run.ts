import { createLoop } from './loop.ts';
import { openSource } from './open-source.ts';
import { openSpool } from './spool.ts';
import { monotonicNow } from './system-clock.ts';
import { createUplink } from './uplink.ts';
import type { DurationMs } from '../lib/core/units.ts';
import type { BatchSink } from './loop.ts';
import type { AgentOptions } from './options.ts';
import type { Surroundings } from './open-source.ts';

/** A clean stop tries this long to get rid of what waits; the rest stays in the spool for the next start. */
const FLUSH_FOR: DurationMs = 5_000;
const REPORT_EVERY: DurationMs = 60_000;

/** Where batches go, with what has to run and be ended beside it. */
interface Outlet {
  readonly sink: BatchSink;
  /** Ends when the signal has aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** After `run`: what is left to do for a clean stop. */
  readonly finish: () => Promise<void>;
  readonly state: () => Readonly<Record<string, unknown>>;
}

/** Traces until the signal aborts or the asked-for time is over, then stops cleanly. */
export async function runAgent(options: AgentOptions, around: Surroundings, signal: AbortSignal): Promise<void> {
  const { clock, log } = around;
  const { host, interval, batch } = options;
  const outlet = options.out === undefined ? await openUplink(options, around) : await openFile(options.out);
  const source = await openSource(options, around);
  const over = new AbortController();
  const until = options.duration === undefined ? signal : AbortSignal.any([signal, over.signal]);
  const loop = createLoop({ host, source, sink: outlet.sink, clock, monotonicNow, interval, batchEvery: batch, log });
  const report = (event: string, parts = source.reports()) => {
    log.info(event, { ...usage(), loop: loop.state(), ...outlet.state(), parts });
  };
  log.info('started', { host, vm: options.vm, source: options.source, intervalMs: interval });
  if (options.duration !== undefined) {
    // half an interval more than asked, so that the last tick is inside
    void clock.sleep(options.duration + interval / 2, signal).then(() => {
      over.abort();
    });
  }
  // when every part has had something to compare with: what is traced here, and why not the rest
  void clock.sleep(3 * interval, until).then(() => {
    if (!until.aborted) log.info('collectors', { parts: source.reports() });
  });
  const reporting = repeat(REPORT_EVERY, () => {
    report('working');
  });
  const sending = new AbortController();
  const sent = outlet.run(sending.signal);
  await loop.run(until);
  // before it is closed: what the sources cost is known while they are open
  const parts = source.reports();
  source.close();
  sending.abort();
  await sent;
  await outlet.finish();
  clearInterval(reporting);
  report('stopped', parts);
}

async function openUplink(options: AgentOptions, { clock, random, log }: Surroundings): Promise<Outlet> {
  // not loaded when recording to a file: it is most of the agent's memory
  const { agentKinesisClient } = await import('../lib/adapters/aws/agent-kinesis-client.ts');
  const { kinesisTraceStream } = await import('../lib/adapters/aws/kinesis-trace-stream.ts');
  const { endpoint, region, stream = '' } = options;
  const client = agentKinesisClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const spool = await openSpool({ dir: options.spool, limitBytes: options.spoolLimit, log });
  const uplink = createUplink({ spool, stream: kinesisTraceStream(client, stream), clock, random, log });
  return {
    sink: spool,
    run: uplink.run,
    finish: async () => {
      const empty = await uplink.flush(clock.now() + FLUSH_FOR);
      if (!empty) log.warn('left-in-spool', { batches: spool.state().pending.batches });
      spool.close();
      client.destroy();
    },
    state: () => ({ spool: spool.state(), uplink: uplink.state() }),
  };
}

async function openFile(path: string): Promise<Outlet> {
  const { openTraceFile } = await import('../lib/adapters/trace/file.ts');
  const { randomBytes } = await import('node:crypto');
  const file = await openTraceFile(path);
  const epoch = randomBytes(8).toString('hex');
  let sequence = 0;
  return {
    sink: {
      append: async (content) => {
        sequence += 1;
        await file.append({ ...content, epoch, sequence });
        return sequence;
      },
    },
    run: () => Promise.resolve(),
    finish: () => file.close(),
    state: () => ({ file: path }),
  };
}

/** What the process itself has used. */
function usage(): Readonly<Record<string, number>> {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: Math.round((user + system) / 1000),
    upMs: Math.round(performance.now()),
    rssBytes: process.memoryUsage.rss(),
  };
}

function repeat(every: DurationMs, action: () => void): NodeJS.Timeout {
  const timer = setInterval(action, every);
  timer.unref();
  return timer;
}
