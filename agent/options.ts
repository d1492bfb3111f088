import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { parseDuration } from '../lib/core/duration.ts';
import { Fault, messageOf } from '../lib/core/fault.ts';
import { parseBytes } from '../lib/core/parse-size.ts';
import { COLLECTORS } from './collectors/catalog.ts';
import type { Bytes, DurationMs } from '../lib/core/units.ts';

/** What the command line asks for. */
export interface AgentOptions {
  readonly host: string;
  readonly vm: string;
  readonly name: string;
  readonly image: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly source: 'guest' | 'libvirt';
  readonly libvirt: string;
  /** Stream to send to; undefined when frames go to a file, or nothing is sent. */
  readonly stream: string | undefined;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly out: string | undefined;
  readonly spool: string;
  readonly spoolLimit: Bytes;
  readonly interval: DurationMs;
  readonly batch: DurationMs;
  /** undefined: until a signal. */
  readonly duration: DurationMs | undefined;
  readonly collectors: readonly string[];
  readonly nics: readonly string[] | undefined;
  readonly disks: readonly string[] | undefined;
  readonly proc: string;
  readonly sys: string;
}

/** What is to be done: run, look what could be done here, or say how to use it. */
export type AgentCommand =
  | { readonly kind: 'run'; readonly options: AgentOptions }
  | { readonly kind: 'status'; readonly options: AgentOptions; readonly json: boolean }
  | { readonly kind: 'help' };

/** The collector that starts a program, so it is not among the ordinary ones and not on by default. */
export const HARDWARE = 'hardware';
export const COLLECTOR_NAMES: readonly string[] = [...Object.keys(COLLECTORS), HARDWARE];

export const HELP = `shadowcast-agent: traces this machine (or the VMs of this libvirt host) and sends the trace to Shadowcast.

  shadowcast-agent --stream NAME [--region REGION] [--vm ID]     send to a Kinesis stream
  shadowcast-agent --out FILE.trace [--for 60s]                  record to a file instead
  shadowcast-agent --status [--json]                             say what can be traced here, and why not the rest

Who
  --host ID          the machine that sends (default: the host name)
  --vm ID            the machine that is traced: an EC2 instance id, or any name (default: --host)
  --name TEXT        for people (default: --vm)
  --image ID         machine image, for shadows that learn from their siblings
  --tag KEY=VALUE    for policies to select by; may be given again

What
  --source guest     this machine, from /proc and /sys (default)
  --source libvirt   the running domains of this host, each as VM <host>/<domain>
  --libvirt URI      (default: qemu:///system)
  --interval 1s      time between frames, at least 100ms
  --collectors LIST  of: ${COLLECTOR_NAMES.join(', ')}
                     (default: all but ${HARDWARE}, which keeps the perf program running)
  --nic NAME         count this interface only; may be given again (default: all with a device)
  --disk NAME        the same for disks (default: whole disks that are not made of others)
  --proc DIR, --sys DIR   where /proc and /sys are

Where to
  --stream NAME      Kinesis data stream; credentials are found as by every AWS tool
  --region REGION    (default: AWS_REGION)
  --endpoint URL     another endpoint than AWS's
  --batch 1s         gather frames this long into one record (default: --interval)
  --spool DIR        frames wait here until the stream has taken them, also over restarts
                     (default: /var/lib/shadowcast/spool)
  --spool-limit 64MiB  the oldest frames go first
  --out FILE         append to a trace file; no spool, no stream

How long
  --for 60s          stop by itself (default: until SIGTERM or SIGINT)

It says what it does in JSON lines on standard error. Exit code 0 after a clean stop, 2 for wrong use, 1 for a failure.
`;

const FLAGS = {
  stream: { type: 'string' },
  host: { type: 'string' },
  vm: { type: 'string' },
  name: { type: 'string' },
  image: { type: 'string' },
  tag: { type: 'string', multiple: true },
  region: { type: 'string' },
  endpoint: { type: 'string' },
  spool: { type: 'string', default: '/var/lib/shadowcast/spool' },
  'spool-limit': { type: 'string', default: '64MiB' },
  interval: { type: 'string', default: '1s' },
  batch: { type: 'string' },
  source: { type: 'string', default: 'guest' },
  libvirt: { type: 'string', default: 'qemu:///system' },
  out: { type: 'string' },
  for: { type: 'string' },
  collectors: { type: 'string' },
  nic: { type: 'string', multiple: true },
  disk: { type: 'string', multiple: true },
  status: { type: 'boolean' },
  json: { type: 'boolean' },
  proc: { type: 'string', default: '/proc' },
  sys: { type: 'string', default: '/sys' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values'];

const SHORTEST_INTERVAL: DurationMs = 100;

/** Reads the command line; `env` gives the region. Throws Fault USAGE that names the option and what it wants. */
export function parseCommand(args: readonly string[], env: Readonly<Record<string, string | undefined>>): AgentCommand {
  const flags = parseFlags(args);
  if (flags.help === true) return { kind: 'help' };
  const options = optionsOf(flags, env);
  if (flags.status === true) return { kind: 'status', options, json: flags.json === true };
  if ((options.stream === undefined) === (options.out === undefined)) {
    throw usage('give one of --stream NAME and --out FILE, or --status to look only');
  }
  return { kind: 'run', options };
}

function parseFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw usage(messageOf(error), error);
  }
}

function optionsOf(flags: Flags, env: Readonly<Record<string, string | undefined>>): AgentOptions {
  const host = flags.host ?? hostname();
  const vm = flags.vm ?? host;
  const interval = durationOf('interval', flags.interval, SHORTEST_INTERVAL);
  return {
    host,
    vm,
    name: flags.name ?? vm,
    image: flags.image,
    tags: tagsOf(flags.tag ?? []),
    source: sourceOf(flags.source),
    libvirt: flags.libvirt,
    stream: flags.stream,
    region: flags.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    endpoint: flags.endpoint,
    out: flags.out,
    spool: flags.spool,
    spoolLimit: parseBytes(flags['spool-limit']),
    interval,
    batch: flags.batch === undefined ? interval : durationOf('batch', flags.batch, interval),
    duration: flags.for === undefined ? undefined : durationOf('for', flags.for, interval),
    collectors: collectorsOf(flags.collectors),
    nics: flags.nic,
    disks: flags.disk,
    proc: flags.proc,
    sys: flags.sys,
  };
}

function durationOf(flag: string, text: string, least: DurationMs): DurationMs {
  const duration = parseDuration(text);
  if (duration < least) throw usage(`--${flag} is ${text}: at least ${least}ms are needed`);
  return duration;
}

function tagsOf(tags: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf('=');
      if (at < 1) throw usage(`--tag is ${JSON.stringify(tag)}: write KEY=VALUE`);
      return [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );
}

function sourceOf(text: string): AgentOptions['source'] {
  if (text === 'guest' || text === 'libvirt') return text;
  throw usage(`--source is ${JSON.stringify(text)}: write guest or libvirt`);
}

function collectorsOf(list: string | undefined): readonly string[] {
  if (list === undefined) return Object.keys(COLLECTORS);
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !COLLECTOR_NAMES.includes(name));
  if (unknown.length === 0) return names;
  throw usage(`--collectors names ${unknown.join(', ')}: there are ${COLLECTOR_NAMES.join(', ')}`);
}

function usage(message: string, cause?: unknown): Fault {
  return new Fault('USAGE', message, cause === undefined ? {} : { cause });
}
