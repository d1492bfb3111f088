import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../agent/system-clock.ts';
import { readPolicies } from '../adapters/policy/read-policies.ts';
import { Fault, isFault, messageOf } from '../core/fault.ts';
import { SECOND_MS, type DurationMs } from '../core/units.ts';
import { createFleet, type Fleet } from '../view/fleet-model.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { startHosts } from './hosts.ts';
import { startPage, type Page } from './page/server.ts';
import { startTerminal } from './terminal.ts';

export interface UpOptions {
  /** Undefined: until a signal. */
  readonly for?: DurationMs;
  readonly headless: boolean;
  readonly port: number;
  readonly speed: number;
  readonly json: boolean;
  readonly policies: string;
  readonly libvirt?: string;
}

/** KVM limits take effect within a second; five leave room for a busy control plane. */
const HORIZON = { lead: 5 * SECOND_MS, hold: 5 * SECOND_MS };
/** The event source reads every 200 ms: after this long it has read what the hosts sent last. */
const READ_OUT_MS: DurationMs = SECOND_MS;
/** Plans under way at the end get this long; a claim, an allocator and a poll take about two seconds. */
const SETTLE_MS: DurationMs = 15 * SECOND_MS;

type Note = (line: string) => void;
/** What was started, newest last; stopped newest first. */
type Stops = { readonly name: string; readonly stop: () => Promise<void> }[];

/** Runs the whole path on this machine until its time is over or a signal comes, then says how it went. */
export async function up(options: UpOptions): Promise<void> {
  const policies = readPolicies(await readPolicyFile(options.policies), options.policies);
  const fleet = createFleet();
  const terminal = startTerminal({ fleet, stdout: process.stdout, stderr: process.stderr, json: options.json });
  const note: Note = terminal.note;
  const stopping = stopSignal(note);
  const stops: Stops = [];
  let extra: Readonly<Record<string, unknown>> | undefined;
  try {
    const dir = await mkdtemp(join(tmpdir(), 'shadowcast-'));
    stops.push({ name: 'temporary files', stop: () => rm(dir, { recursive: true, force: true }) });
    const machine = countFrames(fleet);
    const plane = await startControlPlane({ policies, horizon: HORIZON, observer: machine.observer, clock, log: note });
    stops.push({ name: 'control plane', stop: plane.stop });
    const hosts = await startHosts({ ...options, plane, dir, log: note });
    stops.push({ name: 'hosts', stop: hosts.stop });
    if (!options.headless) {
      const page = await openPage(fleet, options.port, note);
      stops.push({ name: 'page', stop: page.stop });
    }
    note(startedLine(options));
    await clock.sleep(options.for ?? FOR_EVER, stopping);
    note('stopping: the hosts send what waits, plans under way are settled');
    await hosts.stopTracing();
    await settle(plane);
    extra = {
      thisMachine: { vm: hosts.thisMachine, frames: machine.framesOf(hosts.thisMachine) },
      discarded: plane.discarded(),
    };
  } finally {
    await stop(stops, note);
    if (extra === undefined) terminal.abandon();
    else terminal.stop(extra);
  }
}

/** The longest that a timer takes; a demo that runs for 24 days has done its work. */
const FOR_EVER: DurationMs = 2 ** 31 - 1;

async function readPolicyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Fault('USAGE', `policy file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function stopSignal(note: Note): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(130);
      note(`${name}: stopping cleanly; once more to stop at once`);
      stopping.abort();
    });
  }
  return stopping.signal;
}

/** The fleet's observer, and how many frames each VM had. */
function countFrames(fleet: Fleet): {
  readonly observer: Fleet['observer'];
  readonly framesOf: (vm: string) => number;
} {
  const frames = new Map<string, number>();
  return {
    framesOf: (vm) => frames.get(vm) ?? 0,
    observer: {
      ...fleet.observer,
      applied: (host, frame) => {
        frames.set(frame.vm, (frames.get(frame.vm) ?? 0) + 1);
        fleet.observer.applied(host, frame);
      },
    },
  };
}

async function openPage(fleet: Fleet, port: number, note: Note): Promise<Page> {
  const page = await startPage({ fleet, port }).catch(async (error: unknown) => {
    if (!isFault(error) || !error.retryable) throw error;
    note(`${error.message}; taking a free port`);
    return startPage({ fleet, port: 0 });
  });
  note(`live page: ${page.url}`);
  return page;
}

const startedLine = ({ for: duration, libvirt }: UpOptions): string =>
  `tracing this machine and ${libvirt ?? 'a simulated KVM host'}; first forecasts in a few seconds${
    duration === undefined ? ', Ctrl-C stops' : `, stops after ${duration / SECOND_MS} s`
  }`;

/** Newest first; what cannot be stopped is said and does not keep the rest from stopping. */
async function stop(stops: Stops, note: Note): Promise<void> {
  for (const started of stops.reverse()) {
    await started.stop().catch((error: unknown) => {
      note(`${started.name} did not stop cleanly: ${messageOf(error)}`);
    });
  }
}

async function settle(plane: ControlPlane): Promise<void> {
  await clock.sleep(READ_OUT_MS);
  const deadline = clock.now() + SETTLE_MS;
  while (plane.running() > 0 && clock.now() < deadline) await clock.sleep(100);
}
