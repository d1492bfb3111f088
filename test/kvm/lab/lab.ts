import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real libvirtd with real guests, of this test's own. */
export interface Lab {
  readonly uri: string;
  readonly directory: string;
  readonly virsh: (...args: readonly string[]) => Promise<string>;
  /** One number of `virsh domstats --raw`; NaN while libvirt does not give it. */
  readonly stat: (domain: string, field: string) => Promise<number>;
  readonly start: (domain: string) => Promise<Guest>;
  readonly close: () => Promise<void>;
}

export interface Guest {
  /** Sends one command of lab/guest-init.sh and resolves to its answer. */
  readonly tell: (command: string) => Promise<string>;
  readonly stat: () => Promise<Readonly<Record<string, number>>>;
}

export type LabOpening =
  { readonly kind: 'open'; readonly lab: Lab } | { readonly kind: 'cannot'; readonly because: string };

/** lab.sh says with this exit code that the machine cannot have a lab. */
const CANNOT = 77;
const LAB_SH = join(import.meta.dirname, 'lab.sh');

/** Installs and starts the lab. On a machine that cannot have one the reason is the answer, unless LAB_REQUIRED is 1. */
export async function openLab(): Promise<LabOpening> {
  const directory = await mkdtemp(join(tmpdir(), 'shadowcast-lab-'));
  const labSh = (...args: readonly string[]) => run(LAB_SH, args, { LAB: directory });
  const close = async (): Promise<void> => {
    await labSh('down');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await labSh('install');
    const uri = (await labSh('up')).trim();
    const virsh = (...args: readonly string[]) => run('virsh', ['-q', '-c', uri, ...args]);
    const lab: Lab = {
      uri,
      directory,
      virsh,
      stat: async (domain, field) => {
        const line = new RegExp(`^  ${field}=(.*)$`, 'm').exec(await virsh('domstats', '--raw', domain));
        return Number(line?.[1] ?? NaN);
      },
      start: async (domain) => {
        await labSh('start', domain);
        return guestAt(join(directory, 'run', `${domain}.sock`));
      },
      close,
    };
    return { kind: 'open', lab };
  } catch (thrown) {
    await close();
    const { code, message } = thrown as { code?: unknown; message: string };
    if (code === CANNOT)
      return { kind: 'cannot', because: message.split('\n').find((line) => line.startsWith('lab: ')) ?? message };
    throw thrown;
  }
}

function guestAt(path: string): Guest {
  const tell = (command: string) => tellGuest(path, command);
  return {
    tell,
    stat: async () => {
      const stats: Record<string, number> = {};
      for (const [, name, value] of (await tell('stat')).matchAll(/(\w+)=(\d+)/g)) stats[name ?? ''] = Number(value);
      return stats;
    },
  };
}

function tellGuest(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${command}\n`));
    const late = setTimeout(() => {
      socket.destroy(new Error(`the guest did not answer ${command} in 60 s, so far ${JSON.stringify(answer)}`));
    }, 60_000);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (/^(ok|err).*\n$/m.test(answer)) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(late);
      if (/^ok/m.test(answer)) resolve(answer);
      else reject(new Error(`the guest answered ${JSON.stringify(answer)} to ${command}`));
    });
  });
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C', ...environment };
    execFile(program, args, { env, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          Object.assign(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stderr}`), { code: error.code }),
        );
    });
  });
}
