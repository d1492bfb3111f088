import { messageOf } from '../../core/fault.ts';
import type { ServiceCall } from './service-call.ts';
import { functionError, TaskError } from './task-error.ts';

/** A Task's work: its effective input (after `Parameters`) in, its raw result out. */
export type TaskWork = (input: unknown) => Promise<unknown>;

export interface TaskTargets {
  /** Runs a function by the name or ARN that stands in the definition. A rejection is a function error. */
  readonly invoke: (functionName: string, payload: unknown) => Promise<unknown>;
  /** Services by their name in a Resource: `ec2`, `ssm`, `dynamodb`, `sns`. */
  readonly services: Readonly<Record<string, ServiceCall>>;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: input or result of a state, UTF-8. */
const MAX_DATA_BYTES = 256 * 1024;

/**
 * The work of a Task by its Resource. Throws a TypeError for a Resource that nothing here serves, when the machine is
 * loaded rather than when it runs.
 */
export function bindTask(resource: string, targets: TaskTargets): TaskWork {
  const work = workOf(resource, targets);
  return async (input) => withinLimit(await work(input));
}

function workOf(resource: string, { invoke, services }: TaskTargets): TaskWork {
  if (resource.startsWith('arn:aws:lambda:')) return async (input) => invokeFunction(invoke, resource, input);
  if (resource === 'arn:aws:states:::lambda:invoke') return async (input) => lambdaInvoke(invoke, input);
  const [, isSdk, service = '', operation = ''] = /^arn:aws:states:::(aws-sdk:)?(\w+):(\w+)$/.exec(resource) ?? [];
  const call = services[service.toLowerCase()];
  if (call === undefined) {
    throw new TypeError(
      `the task resource ${resource} cannot be served here: got service "${service}", have lambda:invoke and ${Object.keys(services).join(', ')}`,
    );
  }
  const work: TaskWork = async (input) => call(operation, asObject(input));
  return isSdk === undefined ? optimised(work) : work;
}

/** Optimised integrations name DynamoDB's errors `DynamoDB.*`, SDK integrations `DynamoDb.*`. */
const optimised =
  (work: TaskWork): TaskWork =>
  async (input) => {
    try {
      return await work(input);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      throw new TaskError(error.name.replace(/^DynamoDb\./, 'DynamoDB.').replace(/^Sns\./, 'SNS.'), error.message);
    }
  };

async function lambdaInvoke(invoke: TaskTargets['invoke'], input: unknown): Promise<unknown> {
  const { FunctionName, Payload } = asObject(input);
  if (typeof FunctionName !== 'string') throw new TaskError('States.Runtime', 'lambda:invoke wants a FunctionName');
  const payload = await invokeFunction(invoke, FunctionName, Payload ?? {});
  return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
}

/** The function gets a copy and gives a copy, as over a wire; an answer of undefined is null there. */
async function invokeFunction(invoke: TaskTargets['invoke'], name: string, payload: unknown): Promise<unknown> {
  try {
    return copyOf((await invoke(name, copyOf(payload))) ?? null);
  } catch (error) {
    throw functionError(error);
  }
}

const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function asObject(input: unknown): Readonly<Record<string, unknown>> {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  throw new TaskError(
    'States.Runtime',
    `parameters of a service call: got ${messageOf(JSON.stringify(input))}, want an object`,
  );
}

function withinLimit(result: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(result ?? null));
  if (bytes <= MAX_DATA_BYTES) return result;
  throw new TaskError(
    'States.DataLimitExceeded',
    `the result has ${bytes} bytes, at most ${MAX_DATA_BYTES} are allowed`,
  );
}
