import { randomUUID } from 'node:crypto';
import type { AwsTarget } from '../adapters/aws/clients.ts';
import type { EpochMs } from '../core/units.ts';
import {
  Fleet,
  REAL_DELAYS,
  type Ec2Delays,
  type Ec2Faults,
  type Instance,
  type InstanceDefinition,
  type StateChangeEvent,
} from './ec2/fleet.ts';
import { INSTANCE_TYPES } from './ec2/instance-types.ts';
import { openQueryService, type QueryInput, type QueryOperation } from './ec2/query.ts';
import {
  items,
  offeringView,
  reservationView,
  stateChangeView,
  statusView,
  typeView,
  volumeView,
} from './ec2/views.ts';
import { ServiceError } from './json-service.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, localTarget } from './target.ts';

export interface Ec2Options {
  readonly instances: readonly InstanceDefinition[];
  /** What differs from the delays of real instances. */
  readonly delays?: Partial<Ec2Delays>;
  /** Called for every state that an instance enters, its first one included. */
  readonly onStateChange?: (event: StateChangeEvent) => void;
  readonly now: () => EpochMs;
  readonly port?: number;
}

/** An EC2 endpoint with instances that stop and start, and levers that make it fail as the real one does. */
export interface LocalEc2 {
  readonly endpoint: string;
  readonly target: AwsTarget;
  readonly faults: Ec2Faults;
  /** An instance is added running; throws a RangeError for a type that is not offered. */
  readonly add: (instance: InstanceDefinition) => void;
  readonly stop: () => Promise<void>;
}

/** Filters of DescribeInstances and its like that are understood; another one is an error, never ignored. */
const FILTERS: Readonly<Record<string, (instance: Instance) => readonly string[]>> = {
  'instance-id': ({ id }) => [id],
  'instance-type': ({ type }) => [type],
  'instance-state-name': ({ state }) => [state],
  'image-id': ({ image }) => [image],
  'tag-key': ({ tags }) => Object.keys(tags),
};

/**
 * Serves an unmodified EC2Client: DescribeInstances, DescribeInstanceStatus, DescribeInstanceTypes,
 * DescribeInstanceTypeOfferings, DescribeInstanceAttribute, DescribeTags, DescribeVolumes, StopInstances, StartInstances,
 * TerminateInstances, ModifyInstanceAttribute (instance type). Answers are not paged.
 */
export async function startEc2(options: Ec2Options): Promise<LocalEc2> {
  const { now, onStateChange } = options;
  const faults: Ec2Faults = { exhausted: new Set(), hanging: new Set(), impaired: new Set(), throttled: 0 };
  const fleet = new Fleet({
    faults,
    now,
    delays: { ...REAL_DELAYS, ...options.delays },
    onState: (instance) => onStateChange?.(stateChangeEvent(instance, now())),
  });
  for (const instance of options.instances) fleet.add(instance);
  const listener = await openQueryService(throttled(operationsOf(fleet), faults), options.port);
  return {
    endpoint: listener.endpoint,
    target: localTarget(listener.endpoint),
    faults,
    add: (instance) => {
      fleet.add(instance);
    },
    stop: async () => {
      fleet.close();
      await listener.stop();
    },
  };
}

const operationsOf = (fleet: Fleet): Readonly<Record<string, QueryOperation>> => ({
  DescribeInstances: (input) => ({ reservationSet: items(selected(fleet, input).map(reservationView)) }),
  DescribeInstanceStatus: (input) => {
    const isWanted = ({ state }: Instance) => state === 'running' || input.value('IncludeAllInstances') === 'true';
    const wanted = selected(fleet, input).filter(isWanted);
    return { instanceStatusSet: items(wanted.map((instance) => statusView(instance, fleet))) };
  },
  DescribeInstanceTypes: (input) => ({ instanceTypeSet: items(typesOf(input.list('InstanceType')).map(typeView)) }),
  DescribeInstanceTypeOfferings: (input) => {
    const wanted = input.filters().find(({ name }) => name === 'instance-type')?.values ?? [];
    const offered = [...INSTANCE_TYPES.values()].filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    return { instanceTypeOfferingSet: items(offered.map(offeringView)) };
  },
  DescribeInstanceAttribute: (input) => {
    const instance = fleet.find(input.value('InstanceId') ?? '');
    if (input.value('Attribute') !== 'instanceType') throw unsupported('only the attribute instanceType is kept');
    return { instanceId: instance.id, instanceType: { value: instance.type } };
  },
  DescribeTags: (input) => {
    const tags = selectedByResource(fleet, input).flatMap(({ id, tags: own }) =>
      Object.entries(own).map(([key, value]) => ({ resourceId: id, resourceType: 'instance', key, value })),
    );
    return { tagSet: items(tags) };
  },
  DescribeVolumes: (input) => {
    const wanted = input.list('VolumeId');
    const isWanted = ({ volumeId, rootDevice }: Instance) =>
      rootDevice === 'ebs' && (wanted.length === 0 || wanted.includes(volumeId));
    return { volumeSet: items(fleet.instances.filter(isWanted).map(volumeView)) };
  },
  StopInstances: (input) => ({ instancesSet: changed(input, (id) => stateChangeView(fleet.stop(id))) }),
  StartInstances: (input) => ({ instancesSet: changed(input, (id) => stateChangeView(fleet.start(id))) }),
  TerminateInstances: (input) => ({ instancesSet: changed(input, (id) => stateChangeView(fleet.terminate(id))) }),
  ModifyInstanceAttribute: (input) => {
    const type =
      input.value('InstanceType.Value') ??
      (input.value('Attribute') === 'instanceType' ? input.value('Value') : undefined);
    if (type === undefined) throw unsupported('only InstanceType can be modified');
    fleet.changeType(input.value('InstanceId') ?? '', type);
    return { return: true };
  },
});

/** Every call is refused while the lever has some left. */
function throttled(
  operations: Readonly<Record<string, QueryOperation>>,
  faults: Ec2Faults,
): Readonly<Record<string, QueryOperation>> {
  const guard =
    (perform: QueryOperation): QueryOperation =>
    (input) => {
      if (faults.throttled <= 0) return perform(input);
      faults.throttled -= 1;
      throw new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);
    };
  return Object.fromEntries(Object.entries(operations).map(([name, perform]) => [name, guard(perform)]));
}

function changed(input: QueryInput, change: (id: string) => unknown): ReturnType<typeof items> {
  const ids = input.list('InstanceId');
  if (ids.length === 0) throw new ServiceError('MissingParameter', 'The request must contain the parameter InstanceId');
  return items(ids.map(change));
}

function selected(fleet: Fleet, input: QueryInput): readonly Instance[] {
  const ids = input.list('InstanceId');
  const named = ids.length === 0 ? fleet.instances : ids.map((id) => fleet.find(id));
  return input.filters().reduce((left, { name, values }) => {
    const read = name.startsWith('tag:') ? tagReader(name.slice('tag:'.length)) : FILTERS[name];
    if (read === undefined) throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid`);
    return left.filter((instance) => read(instance).some((value) => values.includes(value)));
  }, named);
}

const tagReader =
  (key: string) =>
  ({ tags }: Instance): readonly string[] =>
    tags[key] === undefined ? [] : [tags[key]];

function selectedByResource(fleet: Fleet, input: QueryInput): readonly Instance[] {
  const wanted = input.filters().find(({ name }) => name === 'resource-id')?.values;
  return fleet.instances.filter(({ id }) => wanted === undefined || wanted.includes(id));
}

const typesOf = (names: readonly string[]) =>
  names.length === 0
    ? [...INSTANCE_TYPES.values()]
    : names.map((name) => {
        const found = INSTANCE_TYPES.get(name);
        if (found === undefined) {
          throw new ServiceError(
            'InvalidInstanceType',
            `The following supplied instance types do not exist: [${name}]`,
          );
        }
        return found;
      });

const unsupported = (message: string): ServiceError => new ServiceError('UnsupportedOperation', message);

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-state-changes.html */
const stateChangeEvent = ({ id, state }: Instance, now: EpochMs): StateChangeEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: LOCAL_ACCOUNT,
  time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
  region: LOCAL_REGION,
  resources: [`arn:aws:ec2:${LOCAL_REGION}:${LOCAL_ACCOUNT}:instance/${id}`],
  detail: { 'instance-id': id, state },
});
