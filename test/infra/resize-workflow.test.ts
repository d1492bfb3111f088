import aslValidator from 'asl-validator';
import { resizeWorkflow } from '../../lib/infra/resize-workflow.ts';
import { anInstance, ec2Error, type Ec2Instance, type Ec2Operation } from './support/ec2-instance.ts';
import { aPlan, NAMES, runWorkflow } from './support/run-workflow.ts';

const definition = resizeWorkflow(NAMES);
const kvmPlan = aPlan({ rung: 'kvm', host: 'mi-1', vm: 'kvm1/web' });

describe('the resize workflow as a definition', () => {
  it('is valid in the states language, paths included', () => {
    const { isValid, errorsText } = aslValidator(resizeWorkflow(NAMES), { checkPaths: true, checkArn: true });

    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
  });

  it('catches every error of every task', () => {
    const tasks = Object.entries(definition.States).flatMap(([name, state]) =>
      state.Type === 'Task' ? [{ name, state }] : [],
    );

    const uncaught = tasks.filter(({ state }) => state.Catch?.at(-1)?.ErrorEquals[0] !== 'States.ALL');

    expect(uncaught).toEqual([]);
    expect(tasks.length).toBeGreaterThan(15);
  });

  it('says nothing that only JSONata or callbacks understand', () => {
    expect(JSON.stringify(definition)).not.toMatch(/QueryLanguage|Assign|waitForTaskToken|\{%/);
  });

  it('reaches every state', () => {
    const targets = Array.from(JSON.stringify(definition).matchAll(/"(?:Next|Default)":"(\w+)"/g), ([, name]) => name);
    const named = new Set([definition.StartAt, ...targets]);

    expect(Object.keys(definition.States).filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('claiming a plan', () => {
  it('hands the claimed plan, with its fence, to the rest', async () => {
    const run = await runWorkflow(aPlan(), { instance: anInstance() });

    expect(run.settled[0]?.plan.fence).toBe(7);
  });

  it('ends with the outcome of a refused claim and touches nothing', async () => {
    const instance = anInstance();
    const refused = { kind: 'refused', outcome: { planId: 'plan-1', state: 'refused' } };

    const run = await runWorkflow(aPlan(), { instance, plan: () => refused });

    expect(run.output).toEqual(refused);
    expect(instance.calls).toEqual([]);
    expect(run.settled).toEqual([]);
  });

  it('settles as an error when the plan function keeps failing', async () => {
    const run = await runWorkflow(aPlan(), {
      plan: () => {
        throw new TypeError('boom');
      },
    });

    expect(run.settled[0]?.result).toMatchObject({ kind: 'error', error: { Error: 'TypeError' } });
  });

  it.each([
    ['nothing', {}],
    ['an unknown rung', { kind: 'claimed', plan: aPlan({ rung: 'other' as never }) }],
    ['an ec2 plan without types', { kind: 'claimed', plan: { id: 'plan-1', rung: 'ec2', vm: 'i-0abc' } }],
  ])('settles as an error when the claim answers with %s', async (_what, claim) => {
    const run = await runWorkflow(aPlan(), { plan: () => claim });

    expect(run.settled[0]?.result.error?.Error).toBe('Shadowcast.BadClaim');
  });
});

describe('the kvm branch', () => {
  it('sends the plan in base64 to its host and settles with what the allocator printed', async () => {
    let sent: { InstanceIds: string[]; Parameters: { Plan: string[] }; DocumentName: string } | undefined;
    const statuses = ['Pending', 'InProgress', 'Success'];

    const run = await runWorkflow(kvmPlan, {
      sendCommand: (input) => {
        sent = input;
        return { Command: { CommandId: 'c-1' } };
      },
      getCommandInvocation: () => ({ Status: statuses.shift(), StandardOutputContent: '{"state":"applied"}' }),
    });

    expect(sent).toMatchObject({ DocumentName: 'allocator-document', InstanceIds: ['mi-1'] });
    expect(JSON.parse(Buffer.from(sent?.Parameters.Plan[0] ?? '', 'base64').toString())).toEqual({
      ...kvmPlan,
      fence: 7,
    });
    expect(run.settled).toHaveLength(1);
    expect(run.settled[0]?.result).toEqual({
      kind: 'kvm',
      invocation: { Status: 'Success', StandardOutputContent: '{"state":"applied"}' },
    });
  });

  it('waits out the moment in which SSM does not know its own command yet', async () => {
    let asked = 0;

    const run = await runWorkflow(kvmPlan, {
      sendCommand: () => ({ Command: { CommandId: 'c-1' } }),
      getCommandInvocation: () => {
        asked += 1;
        if (asked < 5) throw Object.assign(new Error('not yet'), { name: 'Ssm.InvocationDoesNotExistException' });
        return { Status: 'Failed', StandardOutputContent: '' };
      },
    });

    expect(run.settled[0]?.result.invocation?.Status).toBe('Failed');
  });

  it('stops polling a command that never ends', async () => {
    const run = await runWorkflow(kvmPlan, {
      sendCommand: () => ({ Command: { CommandId: 'c-1' } }),
      getCommandInvocation: () => ({ Status: 'InProgress' }),
    });

    expect(run.settled[0]?.result.error?.Error).toBe('Shadowcast.CommandUnfinished');
  });

  it('sends a command once when it is not known whether it was taken', async () => {
    let sent = 0;

    const run = await runWorkflow(kvmPlan, {
      sendCommand: () => {
        sent += 1;
        throw Object.assign(new Error('gone'), { name: 'Ssm.SdkClientException' });
      },
    });

    expect(sent).toBe(1);
    expect(run.settled[0]?.result.error?.Error).toBe('Ssm.SdkClientException');
  });
});

describe('the ec2 branch', () => {
  it('stops, changes, starts and checks, in that order', async () => {
    const instance = anInstance();

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance.calls.filter((name) => name !== 'describeInstances')).toEqual([
      'stopInstances',
      'modifyInstanceAttribute',
      'startInstances',
      'describeInstanceStatus',
    ]);
    expect(instance).toMatchObject({ state: 'running', type: 'm5.xlarge' });
    expect(run.settled.map(({ result }) => result)).toEqual([
      { kind: 'ec2', state: 'applied', because: 'runs on the new type, both status checks passed', type: 'm5.xlarge' },
    ]);
  });

  it.each<[string, Partial<Ec2Instance>]>([
    ['is stopped', { state: 'stopped' }],
    ['has another type by now', { type: 'c6i.large' }],
    ['belongs to an auto scaling group', { tags: [{ Key: 'aws:autoscaling:groupName', Value: 'web' }] }],
    ['has an instance-store root', { root: 'instance-store' }],
  ])('refuses and touches nothing when the instance %s', async (_what, with_) => {
    const instance = anInstance(with_);

    const run = await runWorkflow(aPlan(), { instance });

    expect(run.settled[0]?.result.state).toBe('refused');
    expect(instance.calls).toEqual(['describeInstances']);
  });

  it('puts the original type back when the new one has no capacity', async () => {
    const instance = anInstance({
      before: (operation, { type }) => {
        if (operation === 'startInstances' && type === 'm5.xlarge') throw ec2Error('InsufficientInstanceCapacity');
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled[0]?.result).toMatchObject({ kind: 'ec2', state: 'rolled-back', type: 'm5.large' });
    expect(run.settled[0]?.result.error?.Error).toBe('Ec2.Ec2Exception');
    expect(run.pages).toEqual([]);
  });

  it('puts the original type back when the status checks never pass', async () => {
    const instance = anInstance();
    instance.health = () => (instance.type === 'm5.xlarge' ? 'impaired' : 'ok');

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled[0]?.result.state).toBe('rolled-back');
  });

  it('waits for a stop that takes longer than it should, then brings the instance back as it was', async () => {
    const instance = anInstance({ looksToSettle: 150 });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled[0]?.result).toMatchObject({ state: 'rolled-back', error: { Error: 'Shadowcast.StopTooSlow' } });
  });

  it('pages about an instance that stops for ever, and starts it once it has stopped', async () => {
    const instance = anInstance({ looksToSettle: 300 });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled.map(({ result }) => result.state)).toEqual(['failed']);
    expect(run.pages).toHaveLength(2);
  });

  it('counts a start as done that took longer than it should', async () => {
    const instance = anInstance({
      before: (operation, it_) => {
        if (operation === 'startInstances') it_.looksToSettle = 80;
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.xlarge' });
    expect(run.settled[0]?.result.state).toBe('applied');
  });

  it('fails, having paged, when an instance cannot be started in days', async () => {
    const instance = anInstance({
      before: (operation) => {
        if (operation === 'startInstances') throw ec2Error('InsufficientInstanceCapacity');
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(run.path.at(-1)).toBe('GaveUp');
    expect(run.pages).toHaveLength(1);
    expect(run.settled).toHaveLength(1);
  });

  it('leaves an instance running whose checks fail and which cannot be stopped, and pages', async () => {
    const instance = anInstance({ health: () => 'impaired' });
    let stops = 0;
    instance.before = (operation) => {
      if (operation === 'stopInstances' && (stops += 1) > 1) throw ec2Error('UnauthorizedOperation');
    };

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance.state).toBe('running');
    expect(run.settled.map(({ result }) => result.state)).toEqual(['failed']);
    expect(run.pages).toHaveLength(1);
  });

  it('starts an instance again that stopped although every answer to the stop was an error', async () => {
    const instance = anInstance({ health: () => (instance.type === 'm5.xlarge' ? 'impaired' : 'ok') });
    let stops = 0;
    instance.after = (operation) => {
      if (operation === 'stopInstances' && (stops += 1) > 1) throw ec2Error('SdkClientException');
    };

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled.map(({ result }) => result.state)).toEqual(['rolled-back']);
    expect(run.pages).toEqual([]);
  });

  it('starts the instance on the new type when its type cannot be set back', async () => {
    let changes = 0;
    let starts = 0;
    const instance = anInstance({
      before: (operation) => {
        if (operation === 'modifyInstanceAttribute' && (changes += 1) > 1) throw ec2Error('UnauthorizedOperation');
        if (operation === 'startInstances' && (starts += 1) <= 3) throw ec2Error('InternalError');
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.xlarge' });
    expect(run.settled[0]?.result.state).toBe('applied');
  });

  it('pages once, settles as failed and keeps trying until the instance runs', async () => {
    let starts = 0;
    const instance = anInstance({
      before: (operation) => {
        if (operation === 'startInstances' && (starts += 1) <= 60) throw ec2Error('InsufficientInstanceCapacity');
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(instance).toMatchObject({ state: 'running', type: 'm5.large' });
    expect(run.settled.map(({ result }) => result.state)).toEqual(['failed']);
    expect(run.pages).toEqual([expect.stringContaining('start it by hand'), expect.stringContaining('runs again')]);
    expect(run.failedWith).toBeUndefined();
  });

  it('says that the instance is gone when somebody terminates it on the way', async () => {
    const instance = anInstance({
      before: (operation, it_) => {
        if (operation === 'modifyInstanceAttribute') it_.state = 'terminated';
      },
    });

    const run = await runWorkflow(aPlan(), { instance });

    expect(run.settled[0]?.result).toMatchObject({
      state: 'failed',
      because: 'the instance was terminated during the resize',
    });
    expect(run.pages).toHaveLength(1);
  });

  it('pages and fails when the outcome cannot be recorded, with the instance running', async () => {
    const instance = anInstance();

    const run = await runWorkflow(aPlan(), {
      instance,
      settle: () => {
        throw new Error('no table');
      },
    });

    expect(instance.state).toBe('running');
    expect(run.pages).toHaveLength(1);
    expect(run.path.at(-1)).toBe('Unsettled');
  });

  // From one fault, which a retry gets over, to more than every retry of a step together.
  const operations: Ec2Operation[] = [
    'describeInstances',
    'describeInstanceStatus',
    'stopInstances',
    'startInstances',
    'modifyInstanceAttribute',
  ];
  const cases = operations.flatMap((operation) =>
    [0, 1, 2, 3].flatMap((skip) => [1, 4, 12, 40].map((faults) => ({ operation, skip, faults }))),
  );

  it.each(cases)(
    'ends running, settled once, with $faults faults of $operation after $skip calls',
    async ({ operation, skip, faults }) => {
      let asked = 0;
      const instance = anInstance({
        before: (called) => {
          if (called !== operation) return;
          asked += 1;
          if (asked > skip && asked <= skip + faults) throw ec2Error('RequestLimitExceeded');
        },
      });

      const run = await runWorkflow(aPlan(), { instance });

      expect(instance.state).toBe('running');
      expect(run.failedWith).toBeUndefined();
      expect(run.settled).toHaveLength(1);
    },
  );
});
