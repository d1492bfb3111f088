import { messageOf } from '../lib/core/fault.ts';
import { DomainTable } from './hypervisor/domain-table.ts';
import { poll } from './hypervisor/poll.ts';
import type { DurationMs, HostId } from '../lib/core/units.ts';
import type { Clock } from '../lib/ports/clock.ts';
import type { Virsh } from './allocator/virsh.ts';
import type { FrameSource, PartReport } from './frame-source.ts';
import type { Answer } from './hypervisor/domain-table.ts';
import type { RememberedDomains } from './hypervisor/remembered-domains.ts';
import type { Log } from './log.ts';

export interface HypervisorSourceOptions {
  readonly host: HostId;
  readonly virsh: Virsh;
  readonly interval: DurationMs;
  /** Given to every domain's description. */
  readonly tags: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly monotonicNow: () => DurationMs;
  readonly log: Log;
  /** Without one, the end of a domain while no agent ran stays unnoticed. */
  readonly remembered?: RememberedDomains;
}

/** A poll is given up after this; one was seen to hang for 1.6 s while a domain was being destroyed. */
const POLL_TIMEOUT: DurationMs = 5_000;
/** Share of the interval that a tick waits for its poll; then it goes on without. */
const PATIENCE = 0.8;

/**
 * Frames of the domains of a libvirt host, one for each that runs, from one virsh process per tick. A poll that hangs is
 * waited for beside the tick: the ticks until it is done have no data, and the frames after it cover the longer time. The
 * VM's id is `<host>/<domain>`.
 */
export function hypervisorSource(options: HypervisorSourceOptions): FrameSource {
  const { interval, clock, log, remembered } = options;
  const table = new DomainTable(options.host, options.tags);
  const account = createAccount(log);
  let polling = false;
  let first = true;

  const ask = async (): Promise<Answer | undefined> => {
    const from = options.monotonicNow();
    try {
      const answer = await poll(options.virsh, table.wantedXml, POLL_TIMEOUT);
      const atMonotonic = options.monotonicNow();
      account.answered(atMonotonic - from);
      return { poll: answer, at: clock.now(), atMonotonic };
    } catch (error) {
      account.failed(messageOf(error));
      return undefined;
    } finally {
      polling = false;
    }
  };

  /** The answer to this tick's poll, or undefined when it does not come in time or the one before is not done. */
  const askInTime = async (): Promise<Answer | undefined> => {
    if (polling) return undefined;
    polling = true;
    const patience = new AbortController();
    const late = clock.sleep(interval * PATIENCE, patience.signal).then(() => undefined);
    const answer = await Promise.race([ask(), late]);
    patience.abort();
    return answer;
  };

  return {
    read: async () => {
      const answer = await askInTime();
      if (answer === undefined) return { frames: [], primaries: [], events: [] };
      const before = first ? (remembered?.read() ?? []) : table.names;
      first = false;
      const reading = table.read(answer, before);
      if (reading.events.length > 0) remembered?.write(table.names);
      return reading;
    },
    reports: () => [account.report(`libvirt (${table.names.length} domains)`)],
    close: () => undefined,
  };
}

/** The account of the polls; a failure is said once, and its end too. */
function createAccount(log: Log) {
  let reads = 0;
  let failures = 0;
  let spentMs = 0;
  let because: string | undefined = 'not read yet';
  return {
    answered: (took: DurationMs) => {
      reads += 1;
      spentMs += took;
      if (failures > 0 && because !== undefined) log.info('hypervisor-back');
      because = undefined;
    },
    failed: (reason: string) => {
      reads += 1;
      failures += 1;
      if (reason !== because) log.warn('hypervisor-failed', { because: reason });
      because = reason;
    },
    report: (name: string): PartReport => ({
      name,
      state: because === undefined ? 'data' : failures > 0 ? 'failed' : 'noData',
      ...(because === undefined ? {} : { because }),
      reads,
      failures,
      meanUs: reads === failures ? 0 : Math.round((spentMs * 1000) / (reads - failures)),
    }),
  };
}
