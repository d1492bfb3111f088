import type { Allocation } from '../meter.ts';
import type { Bytes, Vcpus } from '../units.ts';
import type { Plan } from './plan.ts';

/** An EC2 instance type, by what it is sized by. */
export interface InstanceType {
  /** For instance `m6i.large`. */
  readonly name: string;
  readonly vcpus: Vcpus;
  /** Nominal; a guest sees a few per cent less. */
  readonly memory: Bytes;
}

/**
 * The smallest type of the family that holds what a plan asks for, or undefined when that is the present one or there is
 * none. What the plan does not change must still fit as it is in force: a decrease of cpu alone never takes memory away.
 * The guest's own share of the nominal memory (the kernel keeps some) is taken from the present type.
 */
export function chooseType(
  plan: Pick<Plan, 'set' | 'from'>,
  current: InstanceType,
  candidates: readonly InstanceType[],
): InstanceType | undefined {
  const cpu = wanted('cpu', plan) ?? current.vcpus;
  const usable = plan.from.memory === undefined ? 1 : Math.min(1, plan.from.memory / current.memory);
  const memory = plan.set.memory === undefined ? current.memory : plan.set.memory / usable;
  const fitting = candidates
    .filter((type) => familyOf(type) === familyOf(current) && type.vcpus >= cpu && type.memory >= memory)
    .sort((a, b) => a.vcpus - b.vcpus || a.memory - b.memory || (a.name < b.name ? -1 : 1));
  const [smallest] = fitting;
  return smallest?.name === current.name ? undefined : smallest;
}

const wanted = (
  meter: 'cpu',
  { set, from }: { readonly set: Allocation; readonly from: Allocation },
): number | undefined => set[meter] ?? from[meter];

/** `m6i` of `m6i.large`: the types of a family have one architecture, one price per vCPU and the same drivers. */
export const familyOf = ({ name }: Pick<InstanceType, 'name'>): string => name.split('.')[0] ?? name;
