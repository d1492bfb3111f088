import { StateMachine } from 'aws-local-stepfunctions';
import { resizeWorkflow } from '../../../lib/infra/resize-workflow.ts';
import type { Plan } from '../../../lib/core/plan/plan.ts';
import { ec2Call, type Ec2Instance, type Ec2Operation } from './ec2-instance.ts';

export const NAMES = {
  planFunction: 'plan-function',
  settleFunction: 'settle-function',
  allocatorDocument: 'allocator-document',
  pageTopic: 'arn:aws:sns:eu-central-1:123456789012:page',
};

export const aPlan = (with_: Partial<Plan> = {}): Plan => ({
  id: 'plan-1',
  vm: 'i-0abc',
  host: 'i-0abc',
  rung: 'ec2',
  set: { cpu: 4 },
  from: { cpu: 2 },
  instanceType: { from: 'm5.large', to: 'm5.xlarge' },
  decisions: [],
  policy: 'web',
  sampledAt: 1_000,
  expiresAt: 11_000,
  fence: 0,
  ...with_,
});

type Json = Parameters<StateMachine['run']>[0];
type Answer = (input: never) => unknown;

/** What stands behind the definition's calls. `plan` and `settle` are the two functions. */
export interface World {
  readonly plan?: (payload: { plan: Plan }) => unknown;
  readonly settle?: (payload: Settled) => unknown;
  readonly instance?: Ec2Instance;
  readonly sendCommand?: Answer;
  readonly getCommandInvocation?: Answer;
  readonly publish?: (input: { Message: string }) => unknown;
}

interface Settled {
  readonly plan: Plan;
  readonly result: {
    readonly kind: string;
    readonly state?: string;
    readonly because?: string;
    readonly type?: string;
    readonly invocation?: { readonly Status: string };
    readonly error?: { readonly Error: string };
  };
}

/** What an execution left behind. */
export interface Run {
  readonly output: unknown;
  /** Name of the error that the execution failed with. */
  readonly failedWith: string | undefined;
  readonly settled: readonly Settled[];
  readonly pages: readonly string[];
  /** Names of the states that were entered, in order. */
  readonly path: readonly string[];
}

const definition = resizeWorkflow(NAMES);
const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });

/** Runs the real definition with all waits and retry pauses at zero. */
export async function runWorkflow(plan: Plan, world: World): Promise<Run> {
  const settled: Settled[] = [];
  const pages: string[] = [];
  const invoke = ({ FunctionName, Payload }: { FunctionName: string; Payload: never }): unknown => {
    if (FunctionName === NAMES.planFunction) {
      return {
        Payload: (world.plan ?? (({ plan: asked }) => ({ kind: 'claimed', plan: { ...asked, fence: 7 } })))(Payload),
      };
    }
    const answer = world.settle?.(Payload) ?? null;
    settled.push(Payload);
    return { Payload: answer };
  };
  const answers: Readonly<Record<string, Answer>> = {
    'arn:aws:states:::lambda:invoke': invoke,
    'arn:aws:states:::sns:publish': (input: { Message: string }) => {
      world.publish?.(input);
      pages.push(input.Message);
      return {};
    },
    'arn:aws:states:::aws-sdk:ssm:sendCommand': world.sendCommand ?? unexpected,
    'arn:aws:states:::aws-sdk:ssm:getCommandInvocation': world.getCommandInvocation ?? unexpected,
  };
  const execution = machine.run({ plan } as unknown as Json, { overrides: overridesFor(answers, world.instance) });
  const path: string[] = [];
  const watching = (async () => {
    for await (const event of execution.eventLogs) if (event.type === 'StateEntered') path.push(event.state.name);
  })();
  const ended = await execution.result.then(
    (output) => ({ output, failedWith: undefined }),
    (error: unknown) => ({
      output: undefined,
      failedWith: String((error as { cause?: { name?: string } }).cause?.name ?? error),
    }),
  );
  await watching;
  return { ...ended, settled, pages, path };
}

function overridesFor(
  answers: Readonly<Record<string, Answer>>,
  instance: Ec2Instance | undefined,
): NonNullable<NonNullable<Parameters<StateMachine['run']>[1]>['overrides']> {
  const handlers: Record<string, (input: Json) => Json> = {};
  const waits: Record<string, number> = {};
  const pauses: Record<string, number> = {};
  for (const [name, state] of Object.entries(definition.States)) {
    if (state.Type === 'Wait') waits[name] = 0;
    if (state.Type !== 'Task') continue;
    pauses[name] = 0;
    const operation = /^arn:aws:states:::aws-sdk:ec2:(\w+)$/.exec(state.Resource)?.[1];
    const answer: Answer =
      operation === undefined || instance === undefined
        ? (answers[state.Resource] ?? unexpected)
        : (input) => ec2Call(instance, operation as Ec2Operation, input);
    handlers[name] = (input) => structuredClone(answer(input as never) ?? {}) as Json;
  }
  return { taskResourceLocalHandlers: handlers, waitTimeOverrides: waits, retryIntervalOverrides: pauses };
}

function unexpected(): never {
  throw new Error('no call was expected here');
}
