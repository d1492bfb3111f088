import {
  DescribeInstancesCommand,
  paginateDescribeInstanceTypes,
  type EC2Client,
  type Instance,
  type InstanceTypeInfo,
} from '@aws-sdk/client-ec2';
import type { Range } from '../../core/meter.ts';
import { familyOf, type InstanceType } from '../../core/plan/choose-type.ts';
import type { Primary } from '../../core/trace/frame.ts';
import type { InstanceFleet } from '../../ports/instance-fleet.ts';

/**
 * What a type change can reach, over all types there are; which type it will be is chosen when the plan is claimed.
 * https://aws.amazon.com/ec2/instance-types/
 */
const ANY_TYPE: { readonly cpu: Range; readonly memory: Range } = {
  cpu: { min: 1, max: 448, step: 1 },
  memory: { min: 2 ** 29, max: 24 * 2 ** 40, step: 2 ** 28 },
};

/** EC2 as a fleet. `enrolTag` is the key of the tag whose value `true` hands an instance to Shadowcast. */
export function ec2InstanceFleet(client: EC2Client, enrolTag: string): InstanceFleet {
  const find = async (vm: string): Promise<Instance | undefined> => {
    const found = await client.send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [vm] }] }));
    return found.Reservations?.[0]?.Instances?.[0];
  };
  return {
    describe: async (vm) => {
      const instance = await find(vm);
      return instance === undefined ? undefined : primaryOf(vm, instance, enrolTag);
    },
    types: async (vm) => {
      const name = (await find(vm))?.InstanceType;
      if (name === undefined) return undefined;
      const family: InstanceType[] = [];
      const Filters = [{ Name: 'instance-type', Values: [`${familyOf({ name })}.*`] }];
      for await (const page of paginateDescribeInstanceTypes({ client }, { Filters })) {
        family.push(...(page.InstanceTypes ?? []).flatMap(typeOf));
      }
      const current = family.find((type) => type.name === name);
      return current === undefined ? undefined : { current, family };
    },
  };
}

function typeOf({ InstanceType, VCpuInfo, MemoryInfo }: InstanceTypeInfo): InstanceType[] {
  if (InstanceType === undefined || VCpuInfo?.DefaultVCpus === undefined || MemoryInfo?.SizeInMiB === undefined)
    return [];
  return [{ name: InstanceType, vcpus: VCpuInfo.DefaultVCpus, memory: MemoryInfo.SizeInMiB * 2 ** 20 }];
}

function primaryOf(vm: string, instance: Instance, enrolTag: string): Primary | undefined {
  const tags: Record<string, string> = {};
  for (const { Key, Value } of instance.Tags ?? []) if (Key !== undefined) tags[Key] = Value ?? '';
  if (tags[enrolTag] !== 'true') return undefined;
  return {
    vm,
    name: tags['Name'] ?? vm,
    tags,
    actuator: 'ec2',
    adjustable: ANY_TYPE,
    ...(instance.ImageId === undefined ? {} : { image: instance.ImageId }),
  };
}
