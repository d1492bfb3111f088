import {
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
  type EC2Client,
  type Filter,
  type Instance,
  type InstanceTypeInfo,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import { Fault } from '../../core/fault.ts';
import type { Bytes, Vcpus, VmId } from '../../core/units.ts';
import { awsFault } from './aws-fault.ts';

/** An EC2 instance as it is now: what its percentages are of. */
export interface Machine {
  readonly vm: VmId;
  readonly type: string;
  readonly vcpus: Vcpus;
  /** Nominal memory of the type. */
  readonly memory: Bytes;
  /** Whether it sends a point a minute (detailed monitoring) or every five. */
  readonly isDetailed: boolean;
  /** Whether the type has disks of its own beside EBS volumes. */
  readonly hasInstanceStore: boolean;
}

/** Which instances: named ones, or those that have all of some tags. */
export interface MachineSelection {
  readonly instances: readonly VmId[];
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/** Values of one filter, and names of one DescribeInstanceTypes call: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
const MAX_VALUES = 100;
const NOT_GONE = ['pending', 'running', 'stopping', 'stopped'];

/**
 * The selected instances, sorted by id. Throws Fault USAGE when the credentials or the region do not do, PRIMARY_GONE when a
 * named instance or any with the tags is not there.
 */
export async function describeMachines(client: EC2Client, selection: MachineSelection): Promise<Machine[]> {
  const found: Instance[] = [];
  for (const Filters of filtersOf(selection)) found.push(...(await describe(client, Filters)));
  checkFound(found, selection);
  const types = await typesOf(client, [...new Set(found.flatMap(({ InstanceType }) => InstanceType ?? []))]);
  return found.map((instance) => machineOf(instance, types)).sort((left, right) => (left.vm < right.vm ? -1 : 1));
}

function filtersOf({ instances, tags }: MachineSelection): Filter[][] {
  const common: Filter[] = [
    { Name: 'instance-state-name', Values: NOT_GONE },
    ...tags.map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
  ];
  if (instances.length === 0) return [common];
  return chunksOf(instances, MAX_VALUES).map((Values) => [...common, { Name: 'instance-id', Values }]);
}

async function describe(client: EC2Client, Filters: Filter[]): Promise<Instance[]> {
  const found: Instance[] = [];
  try {
    for await (const page of paginateDescribeInstances({ client }, { Filters })) {
      found.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
    }
  } catch (thrown) {
    throw awsFault('ec2:DescribeInstances', thrown);
  }
  return found;
}

function checkFound(found: readonly Instance[], { instances, tags }: MachineSelection): void {
  const ids = new Set(found.map(({ InstanceId }) => InstanceId));
  const gone = instances.filter((vm) => !ids.has(vm));
  if (gone.length > 0) {
    throw new Fault(
      'PRIMARY_GONE',
      `no such instance: ${gone.join(', ')}; check the ids, --region and whether they were terminated`,
    );
  }
  if (found.length === 0) {
    const words = tags.map(([key, value]) => `${key}=${value}`).join(' and ');
    throw new Fault('PRIMARY_GONE', `no instance has the tag ${words}: check --tag and --region`);
  }
}

async function typesOf(
  client: EC2Client,
  names: readonly _InstanceType[],
): Promise<ReadonlyMap<string, InstanceTypeInfo>> {
  const types = new Map<string, InstanceTypeInfo>();
  try {
    for (const InstanceTypes of chunksOf(names, MAX_VALUES)) {
      for await (const page of paginateDescribeInstanceTypes({ client }, { InstanceTypes })) {
        for (const type of page.InstanceTypes ?? []) types.set(type.InstanceType ?? '', type);
      }
    }
  } catch (thrown) {
    throw awsFault('ec2:DescribeInstanceTypes', thrown);
  }
  return types;
}

function machineOf(instance: Instance, types: ReadonlyMap<string, InstanceTypeInfo>): Machine {
  const { InstanceId: vm = '', InstanceType: type = '', Monitoring } = instance;
  const info = types.get(type);
  const vcpus = vcpusOf(instance, info);
  const mebibytes = info?.MemoryInfo?.SizeInMiB;
  if (vcpus === undefined || mebibytes === undefined) {
    throw new Fault('PRIMARY_GONE', `type ${type} of ${vm} is not described in this region: leave the instance out`);
  }
  return {
    vm,
    type,
    vcpus,
    memory: mebibytes * 2 ** 20,
    isDetailed: Monitoring?.State === 'enabled',
    hasInstanceStore: info?.InstanceStorageSupported === true,
  };
}

/** Cores may be switched off at launch: what the instance has, not what its type could have. */
function vcpusOf({ CpuOptions }: Instance, type: InstanceTypeInfo | undefined): Vcpus | undefined {
  const { CoreCount, ThreadsPerCore } = CpuOptions ?? {};
  const isKnown = CoreCount !== undefined && ThreadsPerCore !== undefined;
  return isKnown ? CoreCount * ThreadsPerCore : type?.VCpuInfo?.DefaultVCpus;
}

function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
