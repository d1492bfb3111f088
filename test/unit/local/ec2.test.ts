import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { startEc2, type LocalEc2 } from '../../../lib/local/ec2.ts';

const ID = 'i-0123456789abcdef0';
const ids = { InstanceIds: [ID] };

describe('local ec2', () => {
  let ec2: LocalEc2;
  let client: EC2Client;
  const states: string[] = [];

  beforeEach(async () => {
    states.length = 0;
    ec2 = await startEc2({
      instances: [
        { id: ID, type: 'm5.large', tags: { Name: 'web & shop', 'shadowcast:enrolled': 'true' } },
        { id: 'i-2', type: 't3.micro', image: 'ami-2', rootDevice: 'instance-store' },
      ],
      delays: { stop: 20, start: 20, checks: 0 },
      onStateChange: (event) => states.push(`${event.detail['instance-id']} ${event.detail.state}`),
      now: Date.now,
    });
    client = new EC2Client({ ...ec2.target, maxAttempts: 1 });
  });
  afterEach(async () => {
    client.destroy();
    await ec2.stop();
  });

  const look = async () => {
    const { Reservations } = await client.send(new DescribeInstancesCommand(ids));
    return Reservations![0]!.Instances![0]!;
  };
  const untilState = async (wanted: string): Promise<void> => {
    while ((await look()).State?.Name !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const stopped = async (): Promise<void> => {
    await client.send(new StopInstancesCommand(ids));
    await untilState('stopped');
  };
  const changeType = (Value: string) =>
    client.send(new ModifyInstanceAttributeCommand({ InstanceId: ID, InstanceType: { Value } }));

  it('describes its instances', async () => {
    expect(await look()).toMatchObject({
      InstanceId: ID,
      InstanceType: 'm5.large',
      State: { Code: 16, Name: 'running' },
      RootDeviceType: 'ebs',
      CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
      Tags: [
        { Key: 'Name', Value: 'web & shop' },
        { Key: 'shadowcast:enrolled', Value: 'true' },
      ],
    });
  });

  it('selects by tags, states and ids, and refuses a filter that it does not know', async () => {
    const find = async (...Filters: { Name: string; Values: string[] }[]) => {
      const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
      return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
    };

    expect(await find({ Name: 'tag:shadowcast:enrolled', Values: ['true'] })).toEqual([ID]);
    expect(await find({ Name: 'instance-state-name', Values: ['running'] })).toEqual([ID, 'i-2']);
    expect(await find({ Name: 'image-id', Values: ['ami-none'] })).toEqual([]);
    await expect(find({ Name: 'color', Values: ['red'] })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('changes the type of an instance that is stopped, and tells every state on the way', async () => {
    const { StoppingInstances } = await client.send(new StopInstancesCommand(ids));
    await untilState('stopped');
    await changeType('m5.xlarge');
    const { StartingInstances } = await client.send(new StartInstancesCommand(ids));
    await untilState('running');

    expect(StoppingInstances).toMatchObject([
      { CurrentState: { Name: 'stopping' }, PreviousState: { Name: 'running' } },
    ]);
    expect(StartingInstances).toMatchObject([
      { CurrentState: { Name: 'pending' }, PreviousState: { Name: 'stopped' } },
    ]);
    expect((await look()).InstanceType).toBe('m5.xlarge');
    const own = states.filter((state) => state.startsWith(ID)).map((state) => state.split(' ')[1]);
    expect(own).toEqual(['running', 'stopping', 'stopped', 'pending', 'running']);
  });

  it.each([
    ['the type of a running instance', () => changeType('m5.xlarge'), 'IncorrectInstanceState'],
    [
      'an instance that is not there',
      () => client.send(new StopInstancesCommand({ InstanceIds: ['i-9'] })),
      'InvalidInstanceID.NotFound',
    ],
    [
      'to stop an instance-store root',
      () => client.send(new StopInstancesCommand({ InstanceIds: ['i-2'] })),
      'UnsupportedOperation',
    ],
    [
      'a type that does not exist',
      async () => {
        await stopped();
        await changeType('m99.huge');
      },
      'InvalidInstanceAttributeValue',
    ],
  ])('refuses %s', async (_what, act, name) => {
    await expect(act()).rejects.toMatchObject({ name });
  });

  it('has no capacity for a type while the lever says so, and leaves the instance stopped', async () => {
    await stopped();
    ec2.faults.exhausted.add('m5.large');

    await expect(client.send(new StartInstancesCommand(ids))).rejects.toMatchObject({
      name: 'InsufficientInstanceCapacity',
    });
    expect((await look()).State?.Name).toBe('stopped');
    ec2.faults.exhausted.clear();

    await client.send(new StartInstancesCommand(ids));
    await untilState('running');
  });

  it('refuses as many calls as the lever says', async () => {
    ec2.faults.throttled = 1;

    await expect(look()).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    expect((await look()).InstanceId).toBe(ID);
  });

  it('hangs in stopping while the lever says so', async () => {
    ec2.faults.hanging.add(ID);
    await client.send(new StopInstancesCommand(ids));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await look()).State?.Name).toBe('stopping');

    ec2.faults.hanging.clear();

    await untilState('stopped');
  });

  it('tells the status checks of running instances', async () => {
    const health = async (more = {}) => {
      const { InstanceStatuses } = await client.send(new DescribeInstanceStatusCommand({ ...ids, ...more }));
      return InstanceStatuses?.map(({ SystemStatus }) => SystemStatus?.Status);
    };

    expect(await health()).toEqual(['ok']);
    ec2.faults.impaired.add('m5.large');
    expect(await health()).toEqual(['impaired']);
    await stopped();
    expect(await health()).toEqual([]);
    expect(await health({ IncludeAllInstances: true })).toEqual(['not-applicable']);
  });

  it.each([
    ['t3.nano', 2, 512],
    ['m5.large', 2, 8192],
    ['m6i.4xlarge', 16, 65_536],
    ['c6i.xlarge', 4, 8192],
    ['r6i.24xlarge', 96, 786_432],
  ] as const)('knows the true size of %s', async (name, vcpus, memory) => {
    const { InstanceTypes } = await client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name] }));
    const Filters = [{ Name: 'instance-type', Values: [name] }];
    const { InstanceTypeOfferings } = await client.send(new DescribeInstanceTypeOfferingsCommand({ Filters }));

    expect(InstanceTypes).toMatchObject([{ VCpuInfo: { DefaultVCpus: vcpus }, MemoryInfo: { SizeInMiB: memory } }]);
    expect(InstanceTypeOfferings).toMatchObject([{ InstanceType: name }]);
  });

  it('tells tags, volumes and the type attribute', async () => {
    const { Tags } = await client.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [ID] }] }));
    const { Volumes } = await client.send(new DescribeVolumesCommand({}));
    const attribute = await client.send(
      new DescribeInstanceAttributeCommand({ InstanceId: ID, Attribute: 'instanceType' }),
    );

    expect(Tags?.map(({ Key }) => Key)).toEqual(['Name', 'shadowcast:enrolled']);
    expect(Volumes).toMatchObject([{ Attachments: [{ InstanceId: ID }], VolumeType: 'gp3' }]);
    expect(attribute.InstanceType?.Value).toBe('m5.large');
  });
});
