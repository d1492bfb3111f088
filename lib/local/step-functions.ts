import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EpochMs } from '../core/units.ts';
import type { AwsTarget } from '../adapters/aws/clients.ts';
import { epochSeconds, openJsonService, operation, ServiceError } from './json-service.ts';
import type { Definition } from './step-functions/definition.ts';
import { historyEvent, type HistoryEvent } from './step-functions/history.ts';
import {
  loadMachine,
  type ExecutionEnd,
  type Machine,
  type MachineOptions,
  type MachineRun,
} from './step-functions/machine.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, localTarget } from './target.ts';

export interface StepFunctionsOptions extends MachineOptions {
  /** Definitions by the name of their machine. */
  readonly machines: Readonly<Record<string, Definition>>;
  readonly now: () => EpochMs;
  readonly port?: number;
}

/** A Step Functions endpoint with its machines loaded. */
export interface LocalStepFunctions {
  readonly endpoint: string;
  readonly target: AwsTarget;
  /** ARN of a machine; throws a RangeError for a name that was not given. */
  readonly arnOf: (machine: string) => string;
  /** Executions that have not ended. */
  readonly running: () => number;
  /** Closes the endpoint and aborts what still runs; a Task under way is not interrupted. */
  readonly stop: () => Promise<void>;
}

interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly input: string;
  readonly startedAt: EpochMs;
  readonly run: MachineRun;
  readonly history: HistoryEvent[];
  end: (ExecutionEnd & { readonly at: EpochMs }) | undefined;
}

/** Ended executions are forgotten beyond this, oldest first, and with them the uniqueness of their names; AWS keeps 90 days. */
const MAX_EXECUTIONS = 10_000;
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/; // eslint-disable-line no-control-regex

/**
 * Serves Standard state machines to an unmodified SFNClient: StartExecution, DescribeExecution, ListExecutions,
 * GetExecutionHistory, StopExecution, DescribeStateMachine. Throws a TypeError when a machine cannot be run here.
 */
export async function startStepFunctions(options: StepFunctionsOptions): Promise<LocalStepFunctions> {
  const machines = new Map<
    string,
    { readonly name: string; readonly definition: Definition; readonly machine: Machine }
  >();
  for (const [name, definition] of Object.entries(options.machines)) {
    machines.set(machineArn(name), { name, definition, machine: loadMachine(definition, options) });
  }
  const executions = new Map<string, Execution>();
  const machineOf = (arn: string) => {
    const found = machines.get(arn);
    if (found === undefined)
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return found;
  };
  const executionOf = (arn: string): Execution => {
    const found = executions.get(arn);
    if (found === undefined) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return found;
  };

  const start = ({ stateMachineArn, name = randomUUID(), input = '{}' }: z.infer<typeof startInput>) => {
    const { machine, name: machineName } = machineOf(stateMachineArn);
    if (!NAME.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    const parsed = parseInput(input);
    const arn = `arn:aws:states:${LOCAL_REGION}:${LOCAL_ACCOUNT}:execution:${machineName}:${name}`;
    const known = executions.get(arn);
    if (known !== undefined) {
      if (known.end !== undefined || known.input !== input) {
        throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      return { executionArn: arn, startDate: epochSeconds(known.startedAt) };
    }
    const startedAt = options.now();
    const context = contextOf({ arn, name, machineArn: stateMachineArn, machineName });
    const execution: Execution = {
      arn,
      name,
      machineArn: stateMachineArn,
      input,
      startedAt,
      history: [],
      end: undefined,
      run: runOf(machine, parsed, context),
    };
    executions.set(arn, execution);
    forgetOldest(executions);
    void follow(execution, options.now);
    return { executionArn: arn, startDate: epochSeconds(startedAt) };
  };

  const listener = await openJsonService({
    target: 'AWSStepFunctions',
    version: '1.0',
    ...(options.port !== undefined && { port: options.port }),
    operations: {
      StartExecution: operation(startInput, start),
      DescribeExecution: operation(executionInput, ({ executionArn }) => describe(executionOf(executionArn))),
      GetExecutionHistory: operation(executionInput, ({ executionArn }) => ({
        events: executionOf(executionArn).history,
      })),
      StopExecution: operation(executionInput, ({ executionArn }) => {
        executionOf(executionArn).run.abort();
        return { stopDate: epochSeconds(options.now()) };
      }),
      ListExecutions: operation(listInput, ({ stateMachineArn, statusFilter, maxResults }) => {
        machineOf(stateMachineArn);
        const all = [...executions.values()].filter((one) => one.machineArn === stateMachineArn).map(describe);
        const wanted = all.filter(({ status }) => statusFilter === undefined || status === statusFilter).reverse();
        return { executions: wanted.slice(0, maxResults) };
      }),
      DescribeStateMachine: operation(machineInput, ({ stateMachineArn }) => ({
        stateMachineArn,
        name: machineOf(stateMachineArn).name,
        status: 'ACTIVE',
        type: 'STANDARD',
        definition: JSON.stringify(machineOf(stateMachineArn).definition),
        roleArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/local`,
        creationDate: 0,
      })),
    },
  });
  return {
    endpoint: listener.endpoint,
    target: localTarget(listener.endpoint),
    arnOf: (name) => {
      if (!machines.has(machineArn(name))) throw new RangeError(`no state machine ${name}`);
      return machineArn(name);
    },
    running: () => [...executions.values()].filter(({ end }) => end === undefined).length,
    stop: async () => {
      await listener.stop();
      for (const { run, end } of executions.values()) if (end === undefined) run.abort();
    },
  };
}

const startInput = z.object({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().optional() });
const executionInput = z.object({ executionArn: z.string() });
const machineInput = z.object({ stateMachineArn: z.string() });
const listInput = z.object({
  stateMachineArn: z.string(),
  statusFilter: z.string().optional(),
  maxResults: z
    .number()
    .int()
    .max(1000)
    .default(100)
    .transform((wanted) => (wanted === 0 ? 100 : wanted)),
});

const machineArn = (name: string): string => `arn:aws:states:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stateMachine:${name}`;

function parseInput(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    throw new ServiceError('InvalidExecutionInput', 'Invalid State Machine Execution Input: not JSON');
  }
}

function runOf(machine: Machine, input: unknown, context: Readonly<Record<string, unknown>>): MachineRun {
  try {
    return machine.run(input, context);
  } catch (error) {
    throw new ServiceError('InvalidExecutionInput', error instanceof Error ? error.message : String(error));
  }
}

const contextOf = (of: {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
}) => ({
  Execution: { Id: of.arn, Name: of.name, RoleArn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/local`, RedriveCount: 0 },
  StateMachine: { Id: of.machineArn, Name: of.machineName },
});

async function follow(execution: Execution, now: () => EpochMs): Promise<void> {
  for await (const event of execution.run.events) {
    const entry = historyEvent(event, execution.history.length + 1);
    if (entry !== undefined) execution.history.push(entry);
  }
  execution.end = { ...(await execution.run.end), at: now() };
}

/** A Map keeps the order of insertion, so the first ended entry is the oldest one. */
function forgetOldest(executions: Map<string, Execution>): void {
  if (executions.size <= MAX_EXECUTIONS) return;
  for (const [arn, { end }] of executions) {
    if (end === undefined) continue;
    executions.delete(arn);
    return;
  }
}

function describe({ arn, name, machineArn: stateMachineArn, input, startedAt, end }: Execution) {
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status: end?.status ?? 'RUNNING',
    startDate: epochSeconds(startedAt),
    input,
    ...(end !== undefined && { stopDate: epochSeconds(end.at) }),
    ...(end?.status === 'SUCCEEDED' && { output: JSON.stringify(end.output) }),
    ...((end?.status === 'FAILED' || end?.status === 'TIMED_OUT') && { error: end.error, cause: end.cause }),
  };
}
