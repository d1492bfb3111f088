import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));

/** A real agent in a process of its own. */
export interface AgentProcess {
  /** Log lines so far, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves when a log line with this event was written. */
  until: (event: string) => Promise<Record<string, unknown>>;
  /** Ends it and gives its exit code, null when the signal killed it. */
  end: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
}

/** Starts `agent/main.ts` with these arguments. */
export function startAgent(args: readonly string[]): AgentProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: Record<string, unknown>[] = [];
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const parsed = JSON.parse(line) as Record<string, unknown>;
      log.push(parsed);
      waiting.get(String(parsed['event']))?.(parsed);
    }
  });
  return {
    log,
    until: async (event) => {
      const found = log.find((line) => line['event'] === event);
      return (
        found ??
        new Promise((resolve) => {
          waiting.set(event, resolve);
        })
      );
    },
    end: async (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
