import { LOCAL_ACCOUNT, LOCAL_REGION } from '../target.ts';
import { STATE_CODE, type Fleet, type Instance, type InstanceState, type StateChange } from './fleet.ts';
import { INSTANCE_TYPES, type InstanceType } from './instance-types.ts';
import type { XmlContent } from './query.ts';

const ZONE = `${LOCAL_REGION}a`;

/** A list as EC2 writes it: `<set><item/>...</set>`; an empty one is the empty element. */
export const items = (content: readonly unknown[]): XmlContent | string =>
  content.length === 0 ? '' : { item: content };

const stateView = (state: InstanceState): XmlContent => ({ code: STATE_CODE[state], name: state });

const tagsView = (tags: Readonly<Record<string, string>>): XmlContent | string =>
  items(Object.entries(tags).map(([key, value]) => ({ key, value })));

export const reservationView = (instance: Instance): XmlContent => ({
  reservationId: `r-${instance.id.replace(/^i-/, '')}`,
  ownerId: LOCAL_ACCOUNT,
  groupSet: '',
  instancesSet: items([instanceView(instance)]),
});

function instanceView(instance: Instance): XmlContent {
  const { vcpus = 2 } = INSTANCE_TYPES.get(instance.type) ?? {};
  return {
    instanceId: instance.id,
    imageId: instance.image,
    instanceState: stateView(instance.state),
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt).toISOString(),
    placement: { availabilityZone: ZONE, tenancy: 'default' },
    architecture: 'x86_64',
    rootDeviceType: instance.rootDevice,
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: items(
      instance.rootDevice === 'ebs'
        ? [
            {
              deviceName: '/dev/xvda',
              ebs: { volumeId: instance.volumeId, status: 'attached', deleteOnTermination: true },
            },
          ]
        : [],
    ),
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    ebsOptimized: true,
    enaSupport: true,
    cpuOptions: { coreCount: vcpus / 2, threadsPerCore: 2 },
    tagSet: tagsView(instance.tags),
  };
}

/** The checks of an instance; one that does not run has none. */
export function statusView(instance: Instance, fleet: Fleet): XmlContent {
  const health = instance.state === 'running' ? fleet.healthOf(instance) : 'not-applicable';
  const reachability = {
    impaired: 'failed',
    ok: 'passed',
    initializing: 'initializing',
    'not-applicable': 'not-applicable',
  }[health];
  const check = { status: health, details: items([{ name: 'reachability', status: reachability }]) };
  return {
    instanceId: instance.id,
    availabilityZone: ZONE,
    instanceState: stateView(instance.state),
    systemStatus: check,
    instanceStatus: check,
  };
}

export const stateChangeView = ({ instance, previous }: StateChange): XmlContent => ({
  instanceId: instance.id,
  currentState: stateView(instance.state),
  previousState: stateView(previous),
});

export const typeView = (type: InstanceType): XmlContent => ({
  instanceType: type.name,
  currentGeneration: true,
  bareMetal: false,
  hypervisor: type.hypervisor,
  burstablePerformanceSupported: type.isBurstable,
  instanceStorageSupported: false,
  processorInfo: { supportedArchitectures: items(['x86_64']) },
  vCpuInfo: { defaultVCpus: type.vcpus, defaultCores: type.vcpus / 2, defaultThreadsPerCore: 2 },
  memoryInfo: { sizeInMiB: type.memoryMiB },
  supportedRootDeviceTypes: items(['ebs']),
  supportedVirtualizationTypes: items(['hvm']),
  networkInfo: { enaSupport: 'required' },
});

export const offeringView = (type: InstanceType): XmlContent => ({
  instanceType: type.name,
  locationType: 'region',
  location: LOCAL_REGION,
});

export const volumeView = (instance: Instance): XmlContent => ({
  volumeId: instance.volumeId,
  size: 8,
  availabilityZone: ZONE,
  status: 'in-use',
  volumeType: 'gp3',
  iops: 3000,
  throughput: 125,
  createTime: new Date(instance.launchedAt).toISOString(),
  attachmentSet: items([
    { volumeId: instance.volumeId, instanceId: instance.id, device: '/dev/xvda', status: 'attached' },
  ]),
});
