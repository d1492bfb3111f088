import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { messageOf } from '../../core/fault.ts';
import type { Allocation, Meter } from '../../core/meter.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import { bodyOf, openListener, type Listener } from '../listener.ts';

/** Limits in force and since when that was read. */
export interface LimitsReading {
  readonly limits: Allocation;
  readonly at: EpochMs;
}

/** What stands behind the control socket. */
export interface LimitsControl {
  /** Undefined when there is no such VM, or it does not run. */
  readonly read: (vm: VmId) => LimitsReading | undefined;
  /** Puts limits in force; null lifts one. Answers why not, as text, when they cannot be. */
  readonly set: (vm: VmId, limits: LimitChange) => LimitsReading | string | undefined;
}

export type LimitChange = Readonly<Partial<Record<Meter, number | null>>>;

const limit = z.number().positive().nullable().optional();
const changeSchema = z.strictObject({
  cpu: limit,
  memory: limit,
  disk_read: limit,
  disk_write: limit,
  net_rx: limit,
  net_tx: limit,
});

/**
 * The host's control socket, HTTP on the loopback interface:
 *
 *   GET /vms/<vm>/limits           200 { limits, at }, 404
 *   PUT /vms/<vm>/limits {...}     200 { limits, at }, 400 not an allocation, 404, 409 refused
 *
 * All want `authorization: Bearer <token>`, else 401. Errors are { error }.
 */
export const openLimitsServer = (control: LimitsControl, token: string, port?: number): Promise<Listener> =>
  openListener((request, response) => {
    void answer(control, token, request)
      .catch((error: unknown): Reply => [500, { error: messageOf(error) }])
      .then((reply) => {
        send(response, reply);
      });
  }, port);

type Reply = readonly [status: number, content: object];

async function answer(control: LimitsControl, token: string, request: IncomingMessage): Promise<Reply> {
  const body = await bodyOf(request);
  if (request.headers.authorization !== `Bearer ${token}`)
    return [401, { error: 'the bearer token is missing or wrong' }];
  const vm = vmOf(request.url ?? '');
  if (vm === undefined) return [404, { error: 'nothing here but /vms/<vm>/limits' }];
  if (request.method === 'GET') return replyOf(vm, control.read(vm));
  if (request.method !== 'PUT') return [405, { error: 'only GET and PUT are served' }];
  const change = changeSchema.safeParse(jsonOf(body));
  if (!change.success) return [400, { error: z.prettifyError(change.error) }];
  return replyOf(vm, control.set(vm, change.data as LimitChange));
}

function replyOf(vm: VmId, outcome: LimitsReading | string | undefined): Reply {
  if (outcome === undefined) return [404, { error: `no vm ${vm} runs here` }];
  return typeof outcome === 'string' ? [409, { error: outcome }] : [200, outcome];
}

function vmOf(url: string): VmId | undefined {
  const [, name] = /^\/vms\/([^/?]+)\/limits$/.exec(url) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function jsonOf(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, [status, content]: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}
