import { spawn } from 'node:child_process';
import { messageOf } from '../../core/fault.ts';

export interface ScriptOptions {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutS: number;
  /** Kills the script and all it started. */
  readonly signal: AbortSignal;
}

export interface ScriptEnd {
  readonly kind: 'exited' | 'timedOut' | 'cancelled' | 'notStarted';
  /** The exit code; 128 + n after signal n, -1 when there is none. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** GetCommandInvocation gives the first 24,000 characters of standard output and the first 8,000 of standard error. */
const MAX_STDOUT = 24_000;
const MAX_STDERR = 8_000;

/** Runs a script in a shell that leads its own process group, so that a time-out ends its children too. Never rejects. */
export function runScript({ script, env, cwd, timeoutS, signal }: ScriptOptions): Promise<ScriptEnd> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', script], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = firstCharacters(child.stdout, MAX_STDOUT);
    const stderr = firstCharacters(child.stderr, MAX_STDERR);
    let kind: ScriptEnd['kind'] = 'exited';
    const kill = (why: ScriptEnd['kind']): void => {
      kind = why;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const cancel = (): void => {
      kill('cancelled');
    };
    const timer = setTimeout(() => {
      kill('timedOut');
    }, timeoutS * 1000);
    signal.addEventListener('abort', cancel, { once: true });
    const end = (code: number, failure = ''): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      resolve({ kind: failure === '' ? kind : 'notStarted', code, stdout: stdout(), stderr: stderr() + failure });
    };
    child.once('error', (error) => {
      end(-1, messageOf(error));
    });
    child.once('close', (code) => {
      end(code ?? -1);
    });
  });
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group is gone already, which is all that was wanted.
  }
}

/** Reads a stream to its end and keeps its beginning. */
function firstCharacters(stream: NodeJS.ReadableStream, limit: number): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (kept.length < limit) kept = (kept + chunk).slice(0, limit);
  });
  return () => kept;
}
