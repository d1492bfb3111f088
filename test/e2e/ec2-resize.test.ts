import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { systemClock } from '../../agent/system-clock.ts';
import { kinesisTraceStream } from '../../lib/adapters/aws/kinesis-trace-stream.ts';
import { readPolicies } from '../../lib/adapters/policy/read-policies.ts';
import { encodeBatch } from '../../lib/adapters/trace/wire.ts';
import type { Outcome } from '../../lib/core/plan/plan.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { startControlPlane, STREAM, type ControlPlane } from '../../lib/local/control-plane.ts';
import { aWitness } from '../support/platform.ts';

const GIB = 2 ** 30;

const POLICIES = `
version: 1
policies:
  - name: types
    match: { actuator: ec2 }
    cpu: { increase: { mode: auto, when: { increase: 20%, samples: 3 } } }
    memory: { increase: { mode: observe } }
`;

/** A second in which both vCPUs of the instance are busy and others wait for them. */
const aBusySecond = (vm: string, at: number): Frame => ({
  vm,
  at,
  interval: 1_000,
  values: {
    cpuCount: 2,
    cpuRunUs: 2_000_000,
    cpuWaitUs: 1_500_000,
    memoryTotalBytes: 7 * GIB,
    memoryAvailableBytes: 5 * GIB,
  },
  allocation: { cpu: 2, memory: 7 * GIB },
});

let plane: ControlPlane;
let ec2: EC2Client;
const observer = aWitness();

beforeAll(async () => {
  plane = await startControlPlane({
    policies: readPolicies(POLICIES, 'test.yaml'),
    horizon: { lead: 5_000, hold: 5_000 },
    observer,
    clock: systemClock,
    log: () => undefined,
    ec2Delays: { stop: 40, start: 40, checks: 40 },
    waitScale: 0.02,
  });
  ec2 = new EC2Client(plane.ec2.target);
});

afterAll(async () => {
  ec2.destroy();
  await plane.stop();
});

const instanceOf = async (vm: string): Promise<{ type: string | undefined; state: string | undefined }> => {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [vm] }));
  const instance = Reservations?.[0]?.Instances?.[0];
  return { type: instance?.InstanceType, state: instance?.State?.Name };
};

/** Sends busy seconds of an instance, four times as fast as they are, until `until` says so or 30 s are over. */
const overload = async (vm: string, until: () => boolean): Promise<void> => {
  const client = plane.kinesis.client();
  const stream = kinesisTraceStream(client, STREAM);
  for (let sequence = 1; sequence <= 120 && !until(); sequence++) {
    const data = encodeBatch({ host: vm, epoch: 'a', sequence, frames: [aBusySecond(vm, Date.now())] });
    await stream.put([{ host: vm, data }]);
    await systemClock.sleep(250);
  }
  client.destroy();
};

const outcomeOf = (id: string): Outcome | undefined => (observer.calls.ended as Outcome[]).find(({ vm }) => vm === id);
const anInstance = (id: string) => ({
  id,
  type: 'm5.large',
  image: 'ami-1',
  tags: { 'shadowcast:enrolled': 'true', Name: 'web' },
});

describe('an EC2 instance through the whole path', () => {
  it('gets a shadow that knows its image and a larger type when its demand outgrows it', async () => {
    const vm = 'i-0123456789abcdef0';
    plane.ec2.add(anInstance(vm));

    await overload(vm, () => outcomeOf(vm) !== undefined);

    expect(observer.calls.observed.at(-1)).toMatchObject({ primary: { name: 'web', image: 'ami-1', actuator: 'ec2' } });
    expect(outcomeOf(vm)).toMatchObject({ state: 'applied' });
    expect(await instanceOf(vm)).toEqual({ type: 'm5.xlarge', state: 'running' });
  }, 60_000);

  it('runs on its original type again when the larger one has no capacity', async () => {
    const vm = 'i-0123456789abcdef1';
    plane.ec2.add(anInstance(vm));
    plane.ec2.faults.exhausted.add('m5.xlarge');

    await overload(vm, () => outcomeOf(vm) !== undefined);

    expect(outcomeOf(vm)).toMatchObject({ state: 'rolled-back' });
    expect(await instanceOf(vm)).toEqual({ type: 'm5.large', state: 'running' });
  }, 60_000);
});
