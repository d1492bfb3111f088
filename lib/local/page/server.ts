import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fault, messageOf } from '../../core/fault.ts';
import type { DurationMs } from '../../core/units.ts';
import type { Fleet } from '../../view/fleet-model.ts';
import { answer, type Answer } from './routes.ts';
import { createTicks } from './ticks.ts';

export interface PageOptions {
  readonly fleet: Pick<Fleet, 'view' | 'summary'>;
  /** 0 takes any free one. */
  readonly port: number;
  /** A loopback address: the page has no login. */
  readonly host?: string;
  /** Time between two updates of an open page. */
  readonly every?: DurationMs;
}

export interface Page {
  readonly url: string;
  /** Ends open streams and connections; resolves when the port is free again. */
  readonly stop: () => Promise<void>;
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/**
 * Serves the live page on this machine only. Throws Fault USAGE when the port is taken (retryable: another port, or 0, may
 * do), may not be used, or the host is not a loopback address.
 */
export async function startPage({ fleet, port, host = '127.0.0.1', every = 1_000 }: PageOptions): Promise<Page> {
  if (!LOOPBACK.includes(host)) {
    throw new Fault(
      'USAGE',
      `page host ${host} is not loopback (${LOOPBACK.join(', ')}): forward the port to reach it from elsewhere`,
    );
  }
  const ticks = createTicks(() => fleet.summary(), every);
  const server = createServer((request, response) => {
    serve(request, response);
  });
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = refuse(request);
    if (refusal !== undefined) send(response, request, refusal);
    else if (request.url?.split('?')[0] === '/events') ticks.join(response);
    else send(response, request, answered(request.url ?? '/', fleet));
  };
  await listen(server, port, host);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host === '::1' ? '[::1]' : host}:${bound}/`,
    stop: async () => {
      ticks.stop();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * A page on loopback can be reached by any site whose name is made to point here (DNS rebinding), so only requests that name
 * this machine are answered; the port is left open, as one may be forwarded.
 */
function refuse(request: IncomingMessage): Answer | undefined {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (!LOOPBACK.includes(name.toLowerCase())) {
    return {
      status: 403,
      type: 'text/plain',
      body: `host ${JSON.stringify(name)} is not this page's: open it as localhost\n`,
    };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: 'text/plain', body: 'only GET and HEAD\n', headers: { allow: 'GET, HEAD' } };
  }
  return undefined;
}

/** What is shown must not stop what it shows: a page that cannot be made is an error of that page only. */
function answered(target: string, fleet: PageOptions['fleet']): Answer {
  try {
    return answer(target, fleet);
  } catch (error) {
    return { status: 500, type: 'text/plain', body: `this part of the page failed: ${messageOf(error)}\n` };
  }
}

function send(response: ServerResponse, request: IncomingMessage, { status, type, body, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(faultOf(error, port, host));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function faultOf(error: NodeJS.ErrnoException, port: number, host: string): Fault {
  const taken = error.code === 'EADDRINUSE';
  const why = taken ? 'is in use by another program' : `cannot be used (${error.code ?? error.message})`;
  return new Fault(
    'USAGE',
    `port ${port} of ${host} ${why}, wanted for the page: choose another one, or 0 for any free one`,
    {
      retryable: taken,
      cause: error,
    },
  );
}
