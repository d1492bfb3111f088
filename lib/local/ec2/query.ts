import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { messageOf } from '../../core/fault.ts';
import { ServiceError } from '../json-service.ts';
import { bodyOf, openListener, type Listener } from '../listener.ts';

/** The parameters of one call; lists are numbered from 1. */
export interface QueryInput {
  readonly value: (name: string) => string | undefined;
  /** The values of `<name>.1`, `<name>.2`, ... */
  readonly list: (name: string) => readonly string[];
  /** `Filter.N.Name` with its `Filter.N.Value.M`. */
  readonly filters: () => readonly { readonly name: string; readonly values: readonly string[] }[];
}

/** The content of a response element: arrays repeat their element, undefined leaves it out. */
export type XmlContent = Readonly<Record<string, unknown>>;
export type QueryOperation = (input: QueryInput) => XmlContent;

// eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is the package that this re-exports, and only this one is a dependency of ours
const builder = new XMLBuilder({ ignoreAttributes: false, suppressBooleanAttributes: false });
const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/**
 * Serves the EC2 query protocol on the loopback interface: form-encoded in, XML out. Signatures are not checked.
 * https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
export const openQueryService = (
  operations: Readonly<Record<string, QueryOperation>>,
  port?: number,
): Promise<Listener> =>
  openListener((request, response) => {
    void answer(operations, request, response);
  }, port);

async function answer(
  operations: Readonly<Record<string, QueryOperation>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = new URLSearchParams((await bodyOf(request))?.toString('utf8') ?? '');
  const action = form.get('Action') ?? '';
  const send = (status: number, content: XmlContent): void => {
    response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(content)}`);
  };
  try {
    const perform = Object.hasOwn(operations, action) ? operations[action] : undefined;
    if (perform === undefined)
      throw new ServiceError('InvalidAction', `The action ${action} is not valid for the local EC2 endpoint.`);
    send(200, { [`${action}Response`]: { '@_xmlns': NAMESPACE, requestId: randomUUID(), ...perform(inputOf(form)) } });
  } catch (error) {
    const isKnown = error instanceof ServiceError;
    const Errors = { Error: { Code: isKnown ? error.name : 'InternalError', Message: messageOf(error) } };
    send(isKnown ? error.status : 500, { Response: { Errors, RequestID: randomUUID() } });
  }
}

function inputOf(form: URLSearchParams): QueryInput {
  const value = (name: string): string | undefined => form.get(name) ?? undefined;
  const list = (name: string): readonly string[] => {
    const values: string[] = [];
    for (let n = 1; ; n += 1) {
      const next = value(`${name}.${n}`);
      if (next === undefined) return values;
      values.push(next);
    }
  };
  const filters: QueryInput['filters'] = () => {
    const found: { name: string; values: readonly string[] }[] = [];
    for (let n = 1; ; n += 1) {
      const name = value(`Filter.${n}.Name`);
      if (name === undefined) return found;
      found.push({ name, values: list(`Filter.${n}.Value`) });
    }
  };
  return { value, list, filters };
}
