import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { DurationMs } from '../core/units.ts';
import { LOCAL_REGION } from './target.ts';

export interface ChildAgentOptions {
  readonly stream: string;
  readonly endpoint: string;
  readonly host: string;
  /** Where its spool is. */
  readonly dir: string;
  /** Arguments of its own: what it traces, and as whom. */
  readonly args: readonly string[];
  readonly log: (line: string) => void;
}

/** The real agent, as a process of its own. */
export interface ChildAgent {
  readonly pid: number | undefined;
  /** Asks it to stop and flush, as systemd does; kills it past the deadline. Again, once it has ended, does nothing. */
  readonly stop: (deadline: DurationMs) => Promise<void>;
}

const AGENT = join(import.meta.dirname, '../../agent/main.ts');

/** Starts `agent/main.ts`. Its log lines of level warn and above are passed on; an unexpected end is said. */
export function startChildAgent({ stream, endpoint, host, dir, args, log }: ChildAgentOptions): ChildAgent {
  const child = spawn(
    process.execPath,
    [
      AGENT,
      '--stream',
      stream,
      '--endpoint',
      endpoint,
      '--region',
      LOCAL_REGION,
      '--host',
      host,
      '--spool',
      dir,
      ...args,
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    },
  );
  let isStopping = false;
  sayWarnings(child, host, log);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      log(`the agent of ${host} could not be started: ${error.message}`);
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (!isStopping)
        log(`the agent of ${host} ended (${signal ?? `exit code ${code ?? 0}`}): its VMs are not traced any more`);
      resolve();
    });
  });
  return {
    pid: child.pid,
    stop: async (deadline) => {
      isStopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), deadline);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The agent logs JSON lines; a person is told what needs one, and once what cannot be traced here and why. */
function sayWarnings(child: ChildProcess, host: string, log: (line: string) => void): void {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (/"level":"(warn|error)"/.test(line)) log(`agent of ${host}: ${line}`);
      if (line.includes('"event":"collectors"'))
        for (const missing of missingParts(line)) log(`agent of ${host}: ${missing}`);
    }
  });
}

const collectorsLine = z.object({
  parts: z.array(
    z.object({ name: z.string(), state: z.string(), because: z.string().optional(), wants: z.string().optional() }),
  ),
});

function missingParts(line: string): readonly string[] {
  const { parts } = collectorsLine.parse(JSON.parse(line));
  const reason = (text: string | undefined, before: string): string => (text === undefined ? '' : before + text);
  return parts
    .filter(({ state }) => state !== 'data')
    .map(
      ({ name, because, wants }) => `no ${name} in the trace${reason(because, ': ')}${reason(wants, '; it wants ')}`,
    );
}
