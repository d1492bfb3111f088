import { integrationError } from './task-error.ts';

/** Parameters or result of a Task, as JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * One AWS service as a Task calls it: the operation in camel case as in the Resource (`describeInstances`), parameters and
 * result under AWS's names. Rejects with a `TaskError` under the name that Step Functions would give.
 */
export type ServiceCall = (operation: string, parameters: JsonObject) => Promise<unknown>;

/** The part of an SDK client that is needed here; commands and clients of one package fit together. */
interface SdkClient {
  readonly send: (command: never) => Promise<object>;
}

/**
 * A service behind an SDK client and the package that the client is of: `sdkService('Ec2', client, ec2)` with
 * `import * as ec2 from '@aws-sdk/client-ec2'`. The operation `describeInstances` becomes `DescribeInstancesCommand`, its
 * result loses `$metadata`, and dates become text.
 */
export function sdkService(prefix: string, client: SdkClient, sdk: Readonly<Record<string, unknown>>): ServiceCall {
  return async (operation, parameters) => {
    const Command = sdk[`${operation.charAt(0).toUpperCase()}${operation.slice(1)}Command`];
    if (typeof Command !== 'function') {
      throw new TypeError(`${prefix} has no operation ${operation}: check the Resource in the state machine`);
    }
    try {
      const result = await client.send(new (Command as new (input: JsonObject) => never)(parameters));
      return JSON.parse(JSON.stringify({ ...result, $metadata: undefined })) as unknown;
    } catch (error) {
      throw integrationError(prefix, error, (code) => typeof sdk[code] === 'function');
    }
  };
}
