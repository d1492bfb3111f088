import { Fault } from '../../lib/core/fault.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Allocation, Meter } from '../../lib/core/meter.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';

/**
 * What one meter of one VM can be on any host, in the meter's unit. A wrong unit (MiB for bytes) falls out of these
 * bounds; what the VM and the host really allow is for the driver to say.
 */
const BOUNDS: Readonly<Record<Meter, readonly [min: number, max: number]>> = {
  cpu: [0.01, 4_096],
  memory: [16 * 2 ** 20, 2 ** 50],
  disk_read: [1_024, 2 ** 50],
  disk_write: [1_024, 2 ** 50],
  net_rx: [1_024, 2 ** 50],
  net_tx: [1_024, 2 ** 50],
};
const LONGEST_NAME = 256;
/** `<host>/<name>`: no part begins with a dash, so that none is ever read as an option by another program. */
const VM = /^[A-Za-z0-9_][A-Za-z0-9._+@:-]{0,79}\/[A-Za-z0-9_][A-Za-z0-9._+@:-]{0,79}$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A plan from outside, checked field by field: the command must start in milliseconds, so no schema library is loaded.
 * Throws Fault PLAN_REFUSED with the first thing that is wrong.
 */
export function parsePlan(text: string): Plan {
  const plan = fieldsOf(jsonOf(text), 'the plan');
  for (const name of ['id', 'vm', 'host', 'policy']) nameIn(plan, name);
  if (!VM.test(String(plan['vm']))) {
    throw refused(`vm is ${said(plan['vm'])}, wanted host/name of letters, digits and ._+@:-, 80 of each at most`);
  }
  if (plan['rung'] !== 'kvm') throw refused(`rung is ${said(plan['rung'])}, this program carries out rung "kvm" only`);
  const set = allocationOf(plan['set'], 'set');
  const from = allocationOf(plan['from'], 'from');
  if (Object.keys(set).length === 0) throw refused('set names no meter, there is nothing to do');
  timeIn(plan, 'sampledAt');
  timeIn(plan, 'expiresAt');
  const fence = plan['fence'];
  if (!Number.isSafeInteger(fence) || (fence as number) < 1) {
    throw refused(
      `fence is ${said(fence)}, wanted a whole number from 1 that the control plane gives when it locks the host`,
    );
  }
  if (!Array.isArray(plan['decisions'])) throw refused('decisions is not a list');
  // every field that this program uses was checked above
  return { ...(plan as unknown as Plan), set, from };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Fault('PLAN_REFUSED', `the plan is not json: ${said(text)}`, { cause });
  }
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(`${what} is ${said(value)}, wanted an object`);
  }
  return value as Fields;
}

function nameIn(plan: Fields, name: string): void {
  const value = plan[name];
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_NAME) {
    throw refused(`${name} is ${said(value)}, wanted a text of 1 to ${LONGEST_NAME} characters`);
  }
}

function timeIn(plan: Fields, name: string): void {
  const value = plan[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw refused(`${name} is ${said(value)}, wanted milliseconds since 1970`);
  }
}

function allocationOf(value: unknown, what: string): Allocation {
  const fields = fieldsOf(value, what);
  const allocation: Partial<Record<Meter, number>> = {};
  for (const [name, amount] of Object.entries(fields)) {
    const meter = METERS.find((known) => known === name);
    if (meter === undefined) throw refused(`${what} names ${said(name)}, the meters are ${METERS.join(', ')}`);
    const [min, max] = BOUNDS[meter];
    if (typeof amount !== 'number' || !(amount >= min && amount <= max)) {
      throw refused(`${what}.${meter} is ${said(amount)}, wanted a number from ${min} to ${max}`);
    }
    allocation[meter] = amount;
  }
  return allocation;
}

/** What was got, short enough for a message. */
function said(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'missing' : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const refused = (message: string): Fault => new Fault('PLAN_REFUSED', message);
