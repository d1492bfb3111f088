import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Where an agent's stream is. Credentials are found as the SDK does it, unless the endpoint needs none that are real. */
export interface AgentStreamTarget {
  readonly region: string;
  /** Another endpoint than AWS's: an emulator, the local control plane. */
  readonly endpoint?: string;
}

/**
 * The Kinesis client of an agent. It tries once, because the uplink does the waiting and the trying again; it gives up a
 * call after seconds, because the spool keeps what was in it; it keeps one connection. HTTP/1.1: the SDK's HTTP/2 default
 * is not spoken by emulators and brings nothing for calls of one answer. In a module of its own so that an agent loads
 * no other service's client.
 */
export function agentKinesisClient({ region, endpoint }: AgentStreamTarget): KinesisClient {
  const local = endpoint !== undefined && isLoopback(endpoint) && process.env['AWS_ACCESS_KEY_ID'] === undefined;
  return new KinesisClient({
    region,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      httpAgent: { keepAlive: true, maxSockets: 1 },
      httpsAgent: { keepAlive: true, maxSockets: 1 },
    }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // an emulator on this machine checks no signature, but the SDK signs in any case
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  });
}

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
