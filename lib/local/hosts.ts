import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../agent/system-clock.ts';
import { SECOND_MS, type DurationMs } from '../core/units.ts';
import { installAllocator } from './install-allocator.ts';
import { startChildAgent, type ChildAgent } from './child-agent.ts';
import { STREAM, type ControlPlane } from './control-plane.ts';
import { startDemoHost } from './demo-host.ts';
import { readRecordings, RECORDINGS_DIR } from './recordings.ts';

/** Agents get this long to send what they have. */
const FLUSH_MS: DurationMs = 5 * SECOND_MS;

export interface HostsOptions {
  readonly plane: ControlPlane;
  /** A folder of this run. */
  readonly dir: string;
  readonly speed: number;
  /** A libvirt URI in place of the simulated host. */
  readonly libvirt?: string;
  readonly log: (line: string) => void;
}

/** The hosts that send traces: this machine, and a KVM host, real or simulated. */
export interface Hosts {
  /** VM id of this machine. */
  readonly thisMachine: string;
  /** Ends tracing and sends what waits; plans under way can still be carried out. */
  readonly stopTracing: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts them, and makes SSM know where the allocator runs. */
export async function startHosts(options: HostsOptions): Promise<Hosts> {
  const { plane, dir, log } = options;
  const thisMachine = hostname();
  const agent = (host: string, ...args: string[]) =>
    startChildAgent({
      stream: STREAM,
      endpoint: plane.kinesis.endpoint,
      host,
      dir: join(dir, `spool-${host}`),
      args,
      log,
    });
  const kvm = options.libvirt === undefined ? await simulated(options) : libvirt(options.libvirt, agent);
  plane.ssm.addNode({
    id: kvm.host,
    cwd: dir,
    env: {
      PATH: `${await installAllocator(join(dir, 'bin'))}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
      SHADOWCAST_STATE: join(dir, 'allocator'),
      // halves the CPU time of the allocator's start, which lies between demand and effect
      NODE_COMPILE_CACHE: join(dir, 'compile-cache'),
      ...kvm.env,
    },
  });
  const machine = agent(thisMachine, '--vm', thisMachine, '--name', 'this machine');
  return {
    thisMachine,
    stopTracing: async () => {
      await Promise.all([machine.stop(FLUSH_MS), kvm.stopTracing(FLUSH_MS)]);
    },
    stop: async () => {
      await Promise.all([machine.stop(0), kvm.stop()]);
    },
  };
}

interface KvmHost {
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stopTracing: (deadline: DurationMs) => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function simulated({ plane, dir, speed, log }: HostsOptions): Promise<KvmHost> {
  const players = await readRecordings(RECORDINGS_DIR);
  return startDemoHost({
    players,
    kinesis: plane.kinesis,
    stream: STREAM,
    dir: join(dir, 'spool-sim'),
    speed,
    clock,
    log,
  });
}

/** A host id of its own: the machine is also traced as a guest, under its own name. */
function libvirt(uri: string, agent: (host: string, ...args: string[]) => ChildAgent): KvmHost {
  const host = `kvm-${hostname()}`;
  const { stop } = agent(host, '--source', 'libvirt', '--libvirt', uri);
  return {
    host,
    stopTracing: stop,
    stop: () => stop(0),
    env: { SHADOWCAST_DRIVER: 'libvirt', SHADOWCAST_LIBVIRT_URI: uri, SHADOWCAST_HOST: host },
  };
}
