import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { messageOf } from '../core/fault.ts';
import { bodyOf, openListener, type Listener } from './listener.ts';

/** An error that goes to the client under its AWS name. */
export class ServiceError extends Error {
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.status = status;
  }
}

/** One operation of a service: its input as it came, its output as JSON; dates are epoch seconds. */
export type Operation = (input: unknown) => unknown;

export interface JsonService {
  /** The part of `x-amz-target` before the dot, for instance `AmazonSSM`. */
  readonly target: string;
  /** 1.0 or 1.1; the content type of the answers. */
  readonly version: '1.0' | '1.1';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly port?: number;
}

/**
 * Serves the AWS JSON protocol on the loopback interface. Signatures are not checked.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export const openJsonService = (service: JsonService): Promise<Listener> =>
  openListener((request, response) => {
    void answer(service, request, response);
  }, service.port);

/** An operation whose input is checked by a schema; a wrong one is a ValidationException that names every problem. */
export const operation =
  <Schema extends z.ZodType>(schema: Schema, perform: (input: z.infer<Schema>) => unknown): Operation =>
  (input) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success) throw new ServiceError('ValidationException', z.prettifyError(parsed.error));
    return perform(parsed.data);
  };

/** A time in the JSON protocols: seconds since the epoch with fractions. */
export const epochSeconds = (at: number): number => at / 1000;

async function answer(service: JsonService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const send = (status: number, content: unknown): void => {
    response.writeHead(status, {
      'content-type': `application/x-amz-json-${service.version}`,
      'x-amzn-requestid': randomUUID(),
    });
    response.end(JSON.stringify(content ?? {}));
  };
  try {
    send(200, await perform(service, request.headers['x-amz-target'], body));
  } catch (error) {
    const code = error instanceof ServiceError ? error.name : 'InternalServerError';
    send(error instanceof ServiceError ? error.status : 500, { __type: code, message: messageOf(error) });
  }
}

async function perform(service: JsonService, target: string | string[] | undefined, body: Buffer): Promise<unknown> {
  const [prefix, name = ''] = String(target).split('.');
  const found = prefix === service.target && Object.hasOwn(service.operations, name) && service.operations[name];
  if (found === false || found === undefined) {
    throw new ServiceError(
      'UnknownOperationException',
      `${String(target)} is not offered by the local ${service.target}`,
    );
  }
  return await found(parseBody(body));
}

function parseBody(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError('SerializationException', 'the body is not JSON');
  }
}
