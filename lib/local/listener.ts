import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

/** An HTTP server on the loopback interface that can go away for a while and come back on the same port. */
export interface Listener {
  readonly port: number;
  readonly endpoint: string;
  /** Closes the port and every connection; requests in flight get no answer. */
  pause: () => Promise<void>;
  /** Opens the same port again. */
  resume: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Bodies beyond this are refused with 413; the largest request of the services spoken here is 10 MiB (PutRecords). */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Serves `answer` on 127.0.0.1. Port 0 takes a free one. Rejects with the error of `listen` when the port is taken. */
export async function openListener(answer: RequestListener, port = 0): Promise<Listener> {
  let server: Server | undefined = await listen(answer, port);
  const bound = (server.address() as AddressInfo).port;
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    await new Promise<void>((resolve) => {
      closing.close(() => {
        resolve();
      });
      closing.closeAllConnections();
    });
  };
  return {
    port: bound,
    endpoint: `http://127.0.0.1:${bound}`,
    pause: close,
    resume: async () => {
      server ??= await listen(answer, bound);
    },
    stop: close,
  };
}

/** The whole body of a request, or undefined when it is cut off or larger than the cap. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk as Buffer);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

/**
 * Puts a server of an npm emulator behind a listener of ours. The emulators throw out of the event loop when a client
 * goes away in the middle of a request, which would end this process; so they get each request only when it is complete.
 */
export const embed =
  (emulator: Server): RequestListener =>
  (request, response) => {
    void bodyOf(request).then((body) => {
      if (body === undefined) {
        response.writeHead(413).end();
        return;
      }
      const complete = Object.assign(Readable.from(body.length === 0 ? [] : [body]), {
        method: request.method,
        url: request.url,
        headers: request.headers,
      });
      emulator.emit('request', complete, response);
    });
  };

async function listen(answer: RequestListener, port: number): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}
