import { messageOf } from '../lib/core/fault.ts';
import type { Frame, Primary } from '../lib/core/trace/frame.ts';
import type { DurationMs } from '../lib/core/units.ts';
import type { Clock } from '../lib/ports/clock.ts';
import type { Collector, Outcome, Reading } from './collectors/collector.ts';
import type { FrameSource, PartReport } from './frame-source.ts';
import type { Log } from './log.ts';

export interface GuestSourceOptions {
  readonly primary: Primary;
  readonly collectors: readonly Collector[];
  readonly clock: Clock;
  readonly monotonicNow: () => DurationMs;
  readonly log: Log;
}

/** A primary is described again this often, for a control plane that has just come up. */
const DESCRIBE_EVERY_MS: DurationMs = 60_000;

/** Frames of the machine that the agent runs in: one per reading, put together from what the collectors give. */
export function guestSource({ primary, collectors, clock, monotonicNow, log }: GuestSourceOptions): FrameSource {
  const parts = collectors.map((collector) => createPart(collector, monotonicNow, log));
  let lastRead: DurationMs | undefined;
  let lastDescribed: DurationMs | undefined;
  return {
    read: () => {
      const now = monotonicNow();
      const interval = lastRead === undefined ? undefined : Math.round(now - lastRead);
      lastRead = now;
      const at = clock.now();
      const readings = parts.map((part) => part.read());
      // nothing to compare with, or a second call in the same millisecond
      if (interval === undefined || interval < 1) return Promise.resolve({ frames: [], primaries: [], events: [] });
      const describe = lastDescribed === undefined || now - lastDescribed >= DESCRIBE_EVERY_MS;
      if (describe) lastDescribed = now;
      const frame = frameOf({ vm: primary.vm, at, interval }, readings);
      return Promise.resolve({ frames: [frame], primaries: describe ? [primary] : [], events: [] });
    },
    reports: () => parts.map((part) => part.report()),
    close: () => {
      for (const { close } of collectors) close();
    },
  };
}

/** Joins readings into a frame. What the machine itself has is the allocation in force: it can use no more. */
function frameOf(head: Pick<Frame, 'vm' | 'at' | 'interval'>, readings: readonly Reading[]): Frame {
  const joined = Object.assign({}, ...readings) as Reading;
  const values = Object.assign({}, ...readings.map((reading) => reading.values)) as Frame['values'];
  const { cpuCount, memoryTotalBytes } = values;
  const allocation = {
    ...(cpuCount === undefined ? {} : { cpu: cpuCount }),
    ...(memoryTotalBytes === undefined ? {} : { memory: memoryTotalBytes }),
  };
  return { ...head, ...joined, values, ...(Object.keys(allocation).length === 0 ? {} : { allocation }) };
}

/** A collector with its account: a failure is counted and said once, and never leaves the tick. */
function createPart(collector: Collector, monotonicNow: () => DurationMs, log: Log) {
  let last: Outcome | undefined;
  let reads = 0;
  let failures = 0;
  let spentMs = 0;

  const attempt = (): Outcome => {
    try {
      return collector.collect();
    } catch (error) {
      return { kind: 'failed', because: messageOf(error) };
    }
  };
  const note = (outcome: Outcome) => {
    const changed = last !== undefined && last.kind !== outcome.kind;
    const bad = outcome.kind === 'failed' || (outcome.kind === 'noData' && reads > 2);
    if (changed || (outcome.kind === 'failed' && last === undefined)) {
      const { kind, ...facts } = 'because' in outcome ? outcome : { kind: outcome.kind };
      log[bad ? 'warn' : 'info']('collector', { name: collector.name, state: kind, ...facts });
    }
    last = outcome;
  };

  return {
    read: (): Reading => {
      const from = monotonicNow();
      const outcome = attempt();
      spentMs += monotonicNow() - from;
      reads += 1;
      if (outcome.kind === 'failed') failures += 1;
      note(outcome);
      if (outcome.kind !== 'data') return {};
      const reading: Reading & { kind?: 'data' } = { ...outcome };
      delete reading.kind;
      return reading;
    },
    report: (): PartReport => ({
      name: collector.name,
      state: last?.kind ?? 'noData',
      ...(last !== undefined && last.kind !== 'data' ? { because: last.because } : {}),
      ...(last?.kind === 'noData' ? { wants: last.wants } : {}),
      reads,
      failures,
      meanUs: reads === 0 ? 0 : Math.round((spentMs * 1000) / reads),
      ...(collector.cost === undefined ? {} : { cost: collector.cost() }),
    }),
  };
}
