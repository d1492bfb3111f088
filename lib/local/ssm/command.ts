import { randomUUID } from 'node:crypto';
import type { EpochMs } from '../../core/units.ts';
import type { Step } from './document.ts';
import { runScript, type ScriptEnd } from './run-script.ts';

/** A machine that commands run on. */
export interface SsmNode {
  /** `i-...`, `mi-...`, or any name that is used as host id. */
  readonly id: string;
  /** The whole environment of the scripts: nothing of this process is added but the agent's own `AWS_SSM_*`. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export type InvocationStatus = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';

/** One command on one node. */
export interface Invocation {
  readonly node: string;
  status: InvocationStatus;
  code: number;
  stdout: string;
  stderr: string;
  startedAt: EpochMs | undefined;
  endedAt: EpochMs | undefined;
}

export interface Command {
  readonly id: string;
  readonly documentName: string;
  readonly comment: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly requestedAt: EpochMs;
  readonly invocations: readonly Invocation[];
  readonly cancel: () => void;
  /** Resolves when every invocation has ended. */
  readonly done: Promise<void>;
}

export interface CommandOptions {
  readonly documentName: string;
  readonly comment: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly steps: readonly Step[];
  readonly nodes: readonly SsmNode[];
  readonly now: () => EpochMs;
}

/** Starts a command on its nodes, at once and side by side. */
export function startCommand({ steps, nodes, now, ...rest }: CommandOptions): Command {
  const cancelling = new AbortController();
  const id = randomUUID();
  const invocations = nodes.map((node): Invocation => ({
    node: node.id,
    status: 'Pending',
    code: -1,
    stdout: '',
    stderr: '',
    startedAt: undefined,
    endedAt: undefined,
  }));
  const runs = nodes.map(async (node, index) => {
    const invocation = invocations[index];
    if (invocation !== undefined) await runSteps(invocation, node, { id, steps, now, signal: cancelling.signal });
  });
  return {
    ...rest,
    id,
    requestedAt: now(),
    invocations,
    cancel: () => {
      cancelling.abort();
    },
    done: Promise.all(runs).then(() => undefined),
  };
}

interface RunOptions {
  readonly id: string;
  readonly steps: readonly Step[];
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
}

/** Steps run one after the other until one fails, as `onFailure` has it by default. */
async function runSteps(invocation: Invocation, node: SsmNode, { id, steps, now, signal }: RunOptions): Promise<void> {
  // The answer to SendCommand goes out before the agent has seen the command.
  await new Promise((resolve) => setImmediate(resolve));
  invocation.status = signal.aborted ? 'Cancelled' : 'InProgress';
  invocation.startedAt = now();
  for (const { script, env, timeoutS, workingDirectory } of steps) {
    if (invocation.status !== 'InProgress') break;
    const agent = { AWS_SSM_INSTANCE_ID: node.id, AWS_SSM_COMMAND_ID: id };
    const cwd = workingDirectory ?? node.cwd;
    const end = await runScript({ script, env: { ...node.env, ...agent, ...env }, cwd, timeoutS, signal });
    invocation.code = end.code;
    invocation.stdout += end.stdout;
    invocation.stderr += end.stderr;
    const status = statusOf(end);
    if (status !== 'Success') invocation.status = status;
  }
  if (invocation.status === 'InProgress') invocation.status = 'Success';
  invocation.endedAt = now();
}

function statusOf(end: ScriptEnd): InvocationStatus {
  if (end.kind === 'timedOut') return 'TimedOut';
  if (end.kind === 'cancelled') return 'Cancelled';
  return end.kind === 'exited' && end.code === 0 ? 'Success' : 'Failed';
}
