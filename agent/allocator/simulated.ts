import { Fault, messageOf } from '../../lib/core/fault.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Allocation, Meter } from '../../lib/core/meter.ts';
import type { DurationMs, VmId } from '../../lib/core/units.ts';
import type { HypervisorDriver, Reading } from './hypervisor-driver.ts';

/**
 * Not imported: an import of node:http reads its every export, one of which loads the whole fetch client (60 ms of CPU at
 * each start of this program).
 */
const { request } = process.getBuiltinModule('node:http');

export interface SimulatedSettings {
  /** Where the simulated host listens, as `http://127.0.0.1:4567`. */
  readonly url: string;
  /** The bearer token that the host wants. */
  readonly token: string;
  readonly timeout: DurationMs;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * The driver of the simulated KVM host: `GET` and `PUT <url>/vms/<vm>/limits`, JSON allocations, answers
 * `{ limits, at }`. A limit is lifted by null. What the host refuses (4xx) has changed nothing and is Fault PLAN_REFUSED; an
 * unknown VM (404) is PRIMARY_GONE; everything else ACT_FAILED.
 */
export function simulatedHypervisor(settings: SimulatedSettings): HypervisorDriver {
  const readTimed = async (vm: VmId): Promise<Reading> => readingOf(vm, await call(settings, vm));
  return {
    readTimed,
    read: async (vm) => (await readTimed(vm)).limits,
    set: async (vm, limits) => {
      const body = JSON.stringify(limits, (_key, value: unknown) => (value === Infinity ? null : value));
      readingOf(vm, await call(settings, vm, body));
    },
  };
}

async function call(settings: SimulatedSettings, vm: VmId, body?: string): Promise<Answer> {
  try {
    return await exchange(settings, `/vms/${encodeURIComponent(vm)}/limits`, body);
  } catch (cause) {
    throw new Fault('ACT_FAILED', `the simulated host at ${settings.url} does not answer: ${messageOf(cause)}`, {
      retryable: true,
      cause,
    });
  }
}

function exchange({ url, token, timeout }: SimulatedSettings, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'PUT';
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(timeout);
    const sent = request(new URL(path, url), { method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function readingOf(vm: VmId, { status, text }: Answer): Reading {
  if (status === 404) throw new Fault('PRIMARY_GONE', `no vm ${vm} runs on the simulated host`);
  if (status >= 400 && status < 500)
    throw new Fault('PLAN_REFUSED', `the simulated host refused: ${errorOf(text)} (${status})`);
  if (status !== 200) throw new Fault('ACT_FAILED', `the simulated host answered ${status}: ${text}`);
  const { limits, at } = parsed(text);
  if (typeof at !== 'number' || typeof limits !== 'object' || limits === null) {
    throw new Fault('ACT_FAILED', `the simulated host answered ${text.slice(0, 80)}, wanted { limits, at }`);
  }
  return { limits: finiteMeters(limits), at };
}

function errorOf(text: string): string {
  const { error } = parsed(text);
  return typeof error === 'string' ? error : text;
}

function parsed(text: string): { readonly limits?: unknown; readonly at?: unknown; readonly error?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as ReturnType<typeof parsed>;
  } catch (cause) {
    throw new Fault('ACT_FAILED', `the simulated host answered no json: ${text.slice(0, 80)}`, { cause });
  }
}

function finiteMeters(limits: object): Allocation {
  const allocation: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) {
    const value: unknown = (limits as Readonly<Record<string, unknown>>)[meter];
    if (typeof value === 'number' && Number.isFinite(value)) allocation[meter] = value;
  }
  return allocation;
}
