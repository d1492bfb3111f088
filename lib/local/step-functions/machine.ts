import {
  ExecutionAbortedError,
  ExecutionTimeoutError,
  StateMachine,
  type RunOptions,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions';
import { bindTask, type TaskTargets, type TaskWork } from './bind-tasks.ts';
import { statesOf, unservedParts, type Definition } from './definition.ts';
import { interpretable } from './interpretable.ts';
import { TaskError } from './task-error.ts';

export type ExecutionEnd =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED' | 'TIMED_OUT'; readonly error: string; readonly cause: string }
  | { readonly status: 'ABORTED' };

/** One event of the interpreter's log. */
export interface MachineEvent {
  readonly type: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly state?: { readonly name: string; readonly type: string; readonly input: unknown; readonly output?: unknown };
  readonly Error?: string;
  readonly Cause?: unknown;
}

export interface MachineRun {
  /** Never rejects. */
  readonly end: Promise<ExecutionEnd>;
  readonly events: AsyncIterable<MachineEvent>;
  readonly abort: () => void;
}

/** A state machine that is ready to run as often as asked. */
export interface Machine {
  readonly run: (input: unknown, context: Readonly<Record<string, unknown>>) => MachineRun;
}

export interface MachineOptions extends TaskTargets {
  /** Multiplies waits and the pauses before retries; 1, the default, is real time. */
  readonly waitScale?: number;
  /**
   * Says that the definitions were checked against the language already, as our own one is by a test; the check takes a
   * third of a second of CPU for each. What the interpreter would skip is refused all the same.
   */
  readonly isChecked?: boolean;
}

/**
 * Loads a definition: checks it against the language, refuses what the interpreter would skip, binds every Task by its
 * Resource. Throws an Error with all problems. A run then starts in milliseconds.
 */
export function loadMachine(definition: Definition, options: MachineOptions): Machine {
  const problems = unservedParts(definition);
  if (problems.length > 0) throw new TypeError(`the state machine cannot be run locally:\n  ${problems.join('\n  ')}`);
  if (options.isChecked !== true) new StateMachine(definition as unknown as StateMachineDefinition);
  const machine = new StateMachine(
    interpretable(definition, options.waitScale ?? 1) as unknown as StateMachineDefinition,
    {
      validationOptions: { noValidate: true },
    },
  );
  const guard = JSON.stringify(definition).includes('States.Base64') ? onlyAscii : (value: unknown) => value;
  const handlers = tasksOf(definition, options, guard);
  return {
    run: (input, context) => {
      const overrides = { taskResourceLocalHandlers: handlers } as NonNullable<RunOptions['overrides']>;
      const { abort, eventLogs, result } = machine.run(guard(input) as null, { overrides, context });
      return { abort, events: eventLogs as AsyncIterable<MachineEvent>, end: endOf(result) };
    },
  };
}

function tasksOf(
  definition: Definition,
  targets: TaskTargets,
  guard: (value: unknown) => unknown,
): Readonly<Record<string, TaskWork>> {
  const tasks = statesOf(definition).filter(([, state]) => state.Type === 'Task');
  return Object.fromEntries(
    tasks.map(([name, state]) => {
      const work = bindTask(String(state['Resource']), targets);
      return [name, async (input: unknown) => guard(await work(input))];
    }),
  );
}

/**
 * AWS's `States.Base64Encode` encodes UTF-8, the interpreter's encodes Latin-1. Their results differ from the first
 * character beyond ASCII, so a machine that encodes must not see one.
 */
function onlyAscii(value: unknown): unknown {
  // eslint-disable-next-line no-control-regex -- the range is all of ASCII
  const strange = /[^\u0000-\u007f]/.exec(JSON.stringify(value));
  if (strange === null) return value;
  throw new TaskError(
    'States.Runtime',
    `${JSON.stringify(strange[0])} is not ASCII, and the local interpreter encodes only ASCII in base64`,
  );
}

async function endOf(result: Promise<unknown>): Promise<ExecutionEnd> {
  try {
    return { status: 'SUCCEEDED', output: await result };
  } catch (thrown) {
    if (thrown instanceof ExecutionAbortedError) return { status: 'ABORTED' };
    const isTimeout = thrown instanceof ExecutionTimeoutError;
    const { name, message } =
      thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : (thrown as Error);
    return { status: isTimeout ? 'TIMED_OUT' : 'FAILED', error: isTimeout ? 'States.Timeout' : name, cause: message };
  }
}
