import { execFile } from 'node:child_process';
import { Fault } from '../../lib/core/fault.ts';
import type { DurationMs } from '../../lib/core/units.ts';

/** Runs one virsh command and resolves to its standard output. Throws Fault ACT_FAILED with virsh's own words. */
export type Virsh = (args: readonly string[], timeout?: DurationMs) => Promise<string>;

/** Beyond libvirt's own 5 s for an unplug, so that its answer is heard before ours is given up. */
const TIMEOUT: DurationMs = 8_000;

/** virsh as a child process: no shell, plain-C messages, killed when it takes too long (a domain being destroyed blocks it). */
export function virsh({ uri, program }: { readonly uri: string; readonly program: string }): Virsh {
  return (args, timeout = TIMEOUT) =>
    new Promise((resolve, reject) => {
      const options = { timeout, killSignal: 'SIGKILL', env: { ...process.env, LC_ALL: 'C' } } as const;
      execFile(program, ['-q', '-c', uri, ...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(fault(args, { error, stderr, timeout }));
      });
    });
}

function fault(
  args: readonly string[],
  { error, stderr, timeout }: { readonly error: Error & { killed?: boolean }; stderr: string; timeout: DurationMs },
): Fault {
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '')
    .join(': ');
  const why = error.killed === true ? `did not answer in ${timeout} ms` : said || error.message;
  return new Fault('ACT_FAILED', `virsh ${args.join(' ')}: ${why}`, { cause: error });
}
