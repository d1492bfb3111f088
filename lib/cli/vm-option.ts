import { Fault } from '../core/fault.ts';
import type { Primary } from '../core/trace/frame.ts';
import type { HostId } from '../core/units.ts';

const ACTUATORS: readonly Primary['actuator'][] = ['kvm', 'ec2', 'none'];
const KEYS = ['name', 'vm', 'host', 'image', 'actuator'];

/**
 * Reads a VM that is described on the command line: `name=web-1,host=kvm1,tag.tier=web`. What is not given it does not
 * have; its actuator is kvm unless given. Throws Fault USAGE.
 */
export function parseVm(text: string): { readonly primary: Primary; readonly host: HostId } {
  const given = new Map<string, string>();
  const tags: [string, string][] = [];
  for (const [key, value] of text.split(',').map(pair)) {
    if (key.startsWith('tag.')) tags.push([key.slice('tag.'.length), value]);
    else if (KEYS.includes(key)) given.set(key, value);
    else throw new Fault('USAGE', `"${key}" is not known of a VM: write ${KEYS.join(', ')} or tag.<key>`);
  }
  const name = given.get('name') ?? given.get('vm') ?? '';
  const image = given.get('image');
  return {
    host: given.get('host') ?? '',
    primary: {
      vm: given.get('vm') ?? name,
      name,
      ...(image === undefined ? {} : { image }),
      tags: Object.fromEntries(tags),
      actuator: actuatorOf(given.get('actuator') ?? 'kvm'),
    },
  };
}

function pair(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new Fault('USAGE', `"${text}" says nothing of a VM: write key=value, for instance name=web-1`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function actuatorOf(text: string): Primary['actuator'] {
  const actuator = ACTUATORS.find((known) => known === text);
  if (actuator === undefined) throw new Fault('USAGE', `"${text}" is not an actuator: write ${ACTUATORS.join(', ')}`);
  return actuator;
}
