import { randomBytes } from 'node:crypto';
import { createUplink } from '../../agent/uplink.ts';
import { openSpool, type Spool } from '../../agent/spool.ts';
import { jsonLog } from '../../agent/log.ts';
import { kinesisTraceStream } from '../adapters/aws/kinesis-trace-stream.ts';
import { METERS, type Meter, type Range } from '../core/meter.ts';
import { SECOND_MS, type DurationMs } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ranges } from './host/capacity.ts';
import type { DemandPlayer } from './host/demand-player.ts';
import type { LocalKinesis } from './kinesis.ts';
import { startSimulatedHost, type SimulatedHost, type VmDefinition } from './simulated-host.ts';

const HOST = 'kvm-sim';
const MIB = 2 ** 20;

/** What the simulated host can set, as a KVM host with vCPU quotas, a balloon, I/O throttling and traffic shaping would. */
const ADJUSTABLE = {
  cpu: { min: 0.25, max: 16, step: 0.25 },
  memory: { min: 128 * MIB, max: 32_768 * MIB, step: 64 * MIB },
  disk_read: { min: MIB, max: 4_096 * MIB, step: MIB },
  disk_write: { min: MIB, max: 4_096 * MIB, step: MIB },
  net_rx: { min: MIB, max: 4_096 * MIB, step: MIB },
  net_tx: { min: MIB, max: 4_096 * MIB, step: MIB },
} as const satisfies Ranges;

const CAPACITY = { cpu: 64, memory: 256 * 1024 * MIB };
const RESERVE = { cpu: 2, memory: 4 * 1024 * MIB };
/** A host boots its VMs one after the other. */
const BOOT_EVERY: DurationMs = SECOND_MS / 2;
/** The demo shows lives too: the last VM appears and the first one ends while it runs. */
const APPEARS_AFTER: DurationMs = 20 * SECOND_MS;
const ENDS_AFTER: DurationMs = 40 * SECOND_MS;
const ENOUGH_VMS = 9;

export interface DemoHostOptions {
  readonly players: readonly DemandPlayer[];
  readonly kinesis: LocalKinesis;
  readonly stream: string;
  /** Where its spool is. */
  readonly dir: string;
  readonly speed: number;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** The simulated KVM host with its agent: real spool, real uplink. */
export interface DemoHost {
  readonly host: string;
  /** What the allocator needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops the VMs' clock and sends what waits, until the deadline; limits can still be set. */
  readonly stopTracing: (deadline: DurationMs) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Boots a VM for each player, the last one after a while, and streams their frames. */
export async function startDemoHost(options: DemoHostOptions): Promise<DemoHost> {
  const { players, clock, speed, kinesis, stream, dir, log } = options;
  const token = randomBytes(16).toString('hex');
  const vms = players.map(definitionOf);
  const host = await startSimulatedHost({
    host: HOST,
    vms: vms.slice(0, 1),
    capacity: CAPACITY,
    reserve: RESERVE,
    clock,
    speed,
    token,
  });
  const spool = await openSpool({ dir, limitBytes: 64 * MIB });
  const client = kinesis.client();
  const agentLog = jsonLog((line) => {
    if (!line.includes('"level":"info"')) log(`simulated host: ${line.trim()}`);
  }, clock.now);
  const uplink = createUplink({
    spool,
    stream: kinesisTraceStream(client, stream),
    clock,
    random: Math.random,
    log: agentLog,
  });
  const stopping = new AbortController();
  const running = [
    spoolTicks(host, spool, stopping.signal),
    uplink.run(stopping.signal),
    changeLives({ host, vms, clock, signal: stopping.signal }),
  ];
  return {
    host: HOST,
    env: {
      SHADOWCAST_DRIVER: 'simulated',
      SHADOWCAST_HOST: HOST,
      SHADOWCAST_SIMULATED_URL: host.url,
      SHADOWCAST_SIMULATED_TOKEN: token,
    },
    stopTracing: async (deadline) => {
      stopping.abort();
      await Promise.all(running);
      await uplink.flush(clock.now() + deadline);
      spool.close();
      client.destroy();
    },
    stop: host.stop,
  };
}

async function spoolTicks(host: SimulatedHost, spool: Spool, signal: AbortSignal): Promise<void> {
  for await (const { frames, primaries, events } of host.ticks(SECOND_MS, signal)) {
    if (frames.length + primaries.length + events.length > 0)
      spool.append({ host: host.host, frames, primaries, events });
  }
}

interface Lives {
  readonly host: SimulatedHost;
  readonly vms: readonly VmDefinition[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function changeLives({ host, vms, clock, signal }: Lives): Promise<void> {
  const wait = async (duration: DurationMs): Promise<boolean> => {
    await clock.sleep(Math.max(0, duration), signal);
    return !signal.aborted;
  };
  const startedAt = clock.now();
  for (const vm of vms.slice(1, -1)) if (await wait(BOOT_EVERY)) host.add(vm);
  const [first, last] = [vms[0], vms.at(-1)];
  if ((await wait(startedAt + APPEARS_AFTER - clock.now())) && last !== undefined) host.add(last);
  if ((await wait(startedAt + ENDS_AFTER - clock.now())) && first !== undefined && vms.length > ENOUGH_VMS)
    host.end(first.vm);
}

/** Starts with what the first ten recorded seconds needed on average: soon too tight or too loose, as sizes by hand are. */
function definitionOf(demand: DemandPlayer): VmDefinition {
  const early: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) {
    const seen = Array.from({ length: 10 }, (_, second) => demand.demandAt(second % demand.seconds)[meter] ?? 0);
    early[meter] = onGrid(seen.reduce((sum, value) => sum + value, 0) / seen.length, ADJUSTABLE[meter]);
  }
  return {
    vm: `${HOST}/${demand.name}`,
    name: demand.name,
    image: 'recorded',
    tags: { recording: demand.name },
    demand,
    adjustable: ADJUSTABLE,
    limits: early,
  };
}

const onGrid = (value: number, { min, max, step }: Range): number =>
  Math.min(max, Math.max(min, Math.ceil(value / step) * step));
