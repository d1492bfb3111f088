import { messageOf } from '../../core/fault.ts';

/** What a Task failed with: `name` is the state language's error name, `message` its cause. */
export class TaskError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** What an error thrown by an SDK client tells about itself. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/**
 * The error name that Step Functions gives to a failed call of an AWS SDK integration. It calls through the AWS SDK for
 * Java 2, so names are that SDK's exception classes after the service's class prefix:
 *
 *   service, code                        name
 *   ssm, InvocationDoesNotExist          Ssm.InvocationDoesNotExistException
 *   ec2, IncorrectInstanceState          Ec2.Ec2Exception (EC2 models no errors; the code stands in the cause)
 *   dynamodb, ConditionalCheckFailed...  DynamoDb.ConditionalCheckFailedException
 *   any, no answer                       Ec2.SdkClientException
 *
 * In the field `Ssm.InvocationDoesNotExist` has been seen as well, so a definition should name both.
 * `isModelled` says whether the service's model has a shape for the code.
 */
export function integrationError(prefix: string, thrown: unknown, isModelled: (code: string) => boolean): TaskError {
  if (!isSdkError(thrown) || thrown.$metadata?.httpStatusCode === undefined) {
    return new TaskError(`${prefix}.SdkClientException`, messageOf(thrown));
  }
  const { name: code, message, $metadata } = thrown;
  const cause = `${message} (Service: ${prefix}, Status Code: ${$metadata.httpStatusCode ?? 0}, Error Code: ${code}, Request ID: ${$metadata.requestId ?? ''})`;
  return new TaskError(`${prefix}.${isModelled(code) ? javaName(code) : `${prefix}Exception`}`, cause);
}

/** The error of a function that threw, as the `lambda:invoke` integration reports it. */
export function functionError(thrown: unknown): TaskError {
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const trace = thrown instanceof Error && thrown.stack !== undefined ? thrown.stack.split('\n') : [];
  return new TaskError(name, JSON.stringify({ errorType: name, errorMessage: messageOf(thrown), trace }));
}

const isSdkError = (thrown: unknown): thrown is SdkError => thrown instanceof Error && '$metadata' in thrown;

/** Rule of the Java SDK's code generator: a class name ends in `Exception`, and `Fault` gives way to it. */
function javaName(shape: string): string {
  if (shape.endsWith('Exception')) return shape;
  return `${shape.endsWith('Fault') ? shape.slice(0, -'Fault'.length) : shape}Exception`;
}
