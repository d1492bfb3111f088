import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault, isFault, messageOf } from '../../lib/core/fault.ts';
import type { Outcome, Plan } from '../../lib/core/plan/plan.ts';
import { systemClock } from '../system-clock.ts';
import { allocate, rehearse } from './allocate.ts';
import type { AllocateDeps } from './allocate.ts';
import { fileFences } from './fences.ts';
import type { HypervisorDriver } from './hypervisor-driver.ts';
import { parsePlan } from './parse-plan.ts';
import { isAlive, thisProcess } from './process-identity.ts';
import { PATIENCE } from './read-back.ts';

/** Exit codes by what happened; 2 is a wrong call, and then nothing is printed on stdout. */
const EXIT_CODES: Readonly<Record<Outcome['state'], number>> = {
  applied: 0,
  refused: 10,
  'rolled-back': 11,
  failed: 12,
};
const EXIT_USAGE = 2;
/** Where a host keeps the settings of this program, since SSM passes nothing but the plan. */
const SETTINGS_FILE = '/etc/shadowcast/allocator.env';

const HELP = `shadowcast-allocator: carries one plan out on this host, live, and prints its outcome as one line of JSON

  shadowcast-allocator --plan-base64 B64 | --plan FILE|-  [options]

  --plan-base64 B64      the plan, JSON in base64 (how SSM brings it)
  --plan FILE            the plan, JSON in a file; - reads standard input
  --driver NAME          libvirt (default) or simulated               [SHADOWCAST_DRIVER]
  --libvirt URI          libvirt connection, default qemu:///system   [SHADOWCAST_LIBVIRT_URI]
  --host ID              this host's id, default its host name        [SHADOWCAST_HOST]
  --state DIR            memory of fencing numbers and outcomes       [SHADOWCAST_STATE]
                         (default /var/lib/shadowcast)
  --dry-run              check everything, change nothing
  --help                 this text

  The simulated driver reads SHADOWCAST_SIMULATED_URL and SHADOWCAST_SIMULATED_TOKEN; the libvirt driver
  SHADOWCAST_RESERVE_MEMORY_MIB (kept free on the host, default 1024) and SHADOWCAST_CPU_OVERCOMMIT (vCPUs of all
  VMs per CPU of the host, default 4); both SHADOWCAST_STALL_MS (how long a limit may stand still on its way before the
  plan is rolled back, default 3000). ${SETTINGS_FILE} (NAME=value lines) is read first, the environment
  wins over it.

  exit  0 applied    10 refused, nothing changed    11 rolled back    12 failed    2 wrong call
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** The `shadowcast-allocator` command: prints the outcome and returns the exit code. */
export async function runAllocator(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    const options = optionsOf(args);
    if (options.help === true) return print(HELP, 0);
    const settings = { ...settingsFile(), ...environment };
    return await run(options, settings);
  } catch (thrown) {
    process.stderr.write(`shadowcast-allocator: ${messageOf(thrown)}\n`);
    return isFault(thrown) && thrown.code === 'USAGE' ? EXIT_USAGE : EXIT_CODES.failed;
  }
}

type Options = ReturnType<typeof optionsOf>;

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'plan-base64': { type: 'string' },
        plan: { type: 'string' },
        driver: { type: 'string' },
        libvirt: { type: 'string' },
        host: { type: 'string' },
        state: { type: 'string' },
        'dry-run': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new Fault('USAGE', `${messageOf(cause)}; see --help`, { cause });
  }
}

async function run(options: Options, environment: Environment): Promise<number> {
  const text = planText(options);
  const host = options.host ?? environment['SHADOWCAST_HOST'] ?? hostname();
  const state = options.state ?? environment['SHADOWCAST_STATE'] ?? '/var/lib/shadowcast';
  const hypervisor = await driverOf(options, environment);
  const fences = fileFences({
    directory: join(state, 'fences'),
    clock: systemClock,
    holder: thisProcess(),
    isAlive,
    patience: PATIENCE.claim,
  });
  const hostRules = { host, stall: numberOf(environment, 'SHADOWCAST_STALL_MS', PATIENCE.stall) };
  const deps: AllocateDeps = { hypervisor, fences, clock: systemClock, hostRules };
  let plan: Plan;
  try {
    plan = parsePlan(text);
  } catch (thrown) {
    const outcome: Outcome = { ...named(text), state: 'refused', inForce: {}, because: messageOf(thrown) };
    return print(`${JSON.stringify(outcome)}\n`, EXIT_CODES.refused);
  }
  if (options['dry-run'] === true) return dryRun(plan, deps);
  const outcome = await allocate(plan, deps);
  return print(`${JSON.stringify(outcome)}\n`, EXIT_CODES[outcome.state]);
}

/** A dry run that finds nothing against the plan is `refused` too, since nothing was changed, but exits with 0. */
async function dryRun(plan: Plan, deps: AllocateDeps): Promise<number> {
  const { outcome, changes } = await rehearse(plan, deps);
  if (outcome !== undefined) return print(`${JSON.stringify(outcome)}\n`, EXIT_CODES[outcome.state]);
  const because = `dry run, nothing was changed; would set ${changes.join(', ') || 'nothing: already in force'}`;
  const would: Outcome = { planId: plan.id, vm: plan.vm, state: 'refused', inForce: {}, because };
  return print(`${JSON.stringify(would)}\n`, 0);
}

async function driverOf(options: Options, environment: Environment): Promise<HypervisorDriver> {
  const driver = options.driver ?? environment['SHADOWCAST_DRIVER'] ?? 'libvirt';
  if (driver === 'simulated') {
    const url = environment['SHADOWCAST_SIMULATED_URL'];
    if (url === undefined) throw new Fault('USAGE', 'the simulated driver wants SHADOWCAST_SIMULATED_URL');
    const { simulatedHypervisor } = await import('./simulated.ts');
    return simulatedHypervisor({ url, token: environment['SHADOWCAST_SIMULATED_TOKEN'] ?? '', timeout: 5_000 });
  }
  if (driver !== 'libvirt') throw new Fault('USAGE', `driver is ${driver}, wanted libvirt or simulated`);
  const { libvirtHypervisor } = await import('./libvirt.ts');
  const { virsh } = await import('./virsh.ts');
  const uri = options.libvirt ?? environment['SHADOWCAST_LIBVIRT_URI'] ?? 'qemu:///system';
  return libvirtHypervisor(virsh({ uri, program: 'virsh' }), {
    reserveMemory: numberOf(environment, 'SHADOWCAST_RESERVE_MEMORY_MIB', 1_024) * 2 ** 20,
    cpuOvercommit: numberOf(environment, 'SHADOWCAST_CPU_OVERCOMMIT', 4),
  });
}

function numberOf(environment: Environment, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Fault('USAGE', `${name} is ${text}, wanted a number from 0`);
  return value;
}

function planText(options: Options): string {
  const base64 = options['plan-base64'];
  if ((base64 === undefined) === (options.plan === undefined)) {
    throw new Fault('USAGE', 'wanted one of --plan-base64 and --plan; see --help');
  }
  if (base64 !== undefined) return Buffer.from(base64, 'base64').toString('utf8');
  try {
    return readFileSync(options.plan === '-' ? 0 : (options.plan ?? ''), 'utf8');
  } catch (cause) {
    throw new Fault('USAGE', `the plan cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Id and vm of a plan that is not one, as far as it says them: whoever sent it must find its outcome. */
function named(text: string): Pick<Outcome, 'planId' | 'vm'> {
  try {
    const plan = JSON.parse(text) as { readonly id?: unknown; readonly vm?: unknown } | null;
    return { planId: typeof plan?.id === 'string' ? plan.id : '', vm: typeof plan?.vm === 'string' ? plan.vm : '' };
  } catch {
    return { planId: '', vm: '' };
  }
}

function settingsFile(): Environment {
  let text: string;
  try {
    text = readFileSync(SETTINGS_FILE, 'utf8');
  } catch {
    return {};
  }
  const settings: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z_]+)=(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined) settings[match[1]] = match[2] ?? '';
  }
  return settings;
}

function print(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}
