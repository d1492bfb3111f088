/** What EC2 knows of one instance, moved by calls and by the looks at it: each transition is seen once. */
export interface Ec2Instance {
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'terminated';
  type: string;
  /** Called before each call is carried out; throws to refuse it. */
  before: (operation: Ec2Operation, instance: Ec2Instance) => void;
  /** Called after each call was carried out; throws where the answer is lost on its way. */
  after: (operation: Ec2Operation) => void;
  /** Looks that a stop or a start takes from now on. */
  looksToSettle: number;
  health: () => 'ok' | 'impaired' | 'initializing';
  tags: { Key: string; Value: string }[];
  root: 'ebs' | 'instance-store';
  /** Names of the calls that were carried out. */
  readonly calls: Ec2Operation[];
}

export type Ec2Operation =
  'describeInstances' | 'describeInstanceStatus' | 'stopInstances' | 'startInstances' | 'modifyInstanceAttribute';

export const anInstance = (with_: Partial<Ec2Instance> = {}): Ec2Instance => ({
  state: 'running',
  type: 'm5.large',
  before: () => undefined,
  after: () => undefined,
  looksToSettle: 1,
  health: () => 'ok',
  tags: [],
  root: 'ebs',
  calls: [],
  ...with_,
});

/** An error as the aws-sdk integration of Step Functions names it: every EC2 error is an `Ec2.Ec2Exception`. */
export function ec2Error(code: string): Error {
  const error = new Error(`${code} (Service: Ec2, Status Code: 400)`);
  error.name = 'Ec2.Ec2Exception';
  return error;
}

export function ec2Call(instance: Ec2Instance, operation: Ec2Operation, input: unknown): unknown {
  instance.before(operation, instance);
  instance.calls.push(operation);
  const answer = OPERATIONS[operation](instance, input);
  instance.after(operation);
  return answer;
}

const OPERATIONS: Readonly<Record<Ec2Operation, (instance: Ec2Instance, input: unknown) => unknown>> = {
  describeInstances: (instance) => {
    const seen = {
      InstanceId: 'i-0abc',
      State: { Name: instance.state },
      InstanceType: instance.type,
      RootDeviceType: instance.root,
      Tags: instance.tags,
    };
    settle(instance);
    return { Reservations: [{ Instances: [seen] }] };
  },
  describeInstanceStatus: (instance) => {
    if (instance.state !== 'running') return { InstanceStatuses: [] };
    return {
      InstanceStatuses: [{ InstanceStatus: { Status: instance.health() }, SystemStatus: { Status: 'ok' } }],
    };
  },
  stopInstances: (instance) => {
    if (instance.state === 'terminated') throw ec2Error('IncorrectInstanceState');
    if (instance.state !== 'stopped') instance.state = 'stopping';
    return {};
  },
  startInstances: (instance) => {
    if (instance.state === 'stopping' || instance.state === 'terminated') throw ec2Error('IncorrectInstanceState');
    if (instance.state === 'stopped') instance.state = 'pending';
    return {};
  },
  modifyInstanceAttribute: (instance, input) => {
    if (instance.state !== 'stopped') throw ec2Error('IncorrectInstanceState');
    instance.type = (input as { InstanceType: { Value: string } }).InstanceType.Value;
    return {};
  },
};

function settle(instance: Ec2Instance): void {
  if (instance.state !== 'stopping' && instance.state !== 'pending') return;
  instance.looksToSettle -= 1;
  if (instance.looksToSettle > 0) return;
  instance.looksToSettle = 1;
  instance.state = instance.state === 'stopping' ? 'stopped' : 'running';
}
