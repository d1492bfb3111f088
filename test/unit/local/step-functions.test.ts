import * as ec2Sdk from '@aws-sdk/client-ec2';
import * as ssmSdk from '@aws-sdk/client-ssm';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { startEc2 } from '../../../lib/local/ec2.ts';
import { startSsm } from '../../../lib/local/ssm.ts';
import {
  startStepFunctions,
  type LocalStepFunctions,
  type StepFunctionsOptions,
} from '../../../lib/local/step-functions.ts';
import { sdkService } from '../../../lib/local/step-functions/service-call.ts';

const invokeTask = (name: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: name, 'Payload.$': '$' },
  End: true,
  ...more,
});
const machineOf = (first: { readonly Type: string }, others: Record<string, { readonly Type: string }> = {}) => ({
  StartAt: 'First',
  States: { First: first, ...others },
});

describe('local step functions', () => {
  let endpoint: LocalStepFunctions;
  let client: SFNClient;
  const calls: unknown[] = [];

  const start = async (options: Partial<StepFunctionsOptions>): Promise<void> => {
    endpoint = await startStepFunctions({
      machines: {},
      services: {},
      invoke: (name, payload) => {
        calls.push([name, payload]);
        return Promise.resolve({ hello: name });
      },
      now: Date.now,
      waitScale: 0.001,
      isChecked: true,
      ...options,
    });
    client = new SFNClient(endpoint.target);
  };
  const run = async (input: unknown, name?: string) => {
    const { executionArn } = await client.send(
      new StartExecutionCommand({
        stateMachineArn: endpoint.arnOf('m'),
        input: JSON.stringify(input),
        ...(name && { name }),
      }),
    );
    return executionArn!;
  };
  const endOf = async (executionArn: string) => {
    for (;;) {
      const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status !== 'RUNNING') return execution;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  beforeEach(() => {
    calls.length = 0;
  });
  afterEach(async () => {
    client.destroy();
    await endpoint.stop();
  });

  it('carries the answer of a function under Payload, as the lambda:invoke integration does', async () => {
    await start({ machines: { m: machineOf(invokeTask('plan')) } });

    const { status, output } = await endOf(await run({ a: 1 }));

    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output!)).toEqual({ ExecutedVersion: '$LATEST', Payload: { hello: 'plan' }, StatusCode: 200 });
    expect(calls).toEqual([['plan', { a: 1 }]]);
  });

  it('starts an execution of a name once', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await start({ machines: { m: machineOf(invokeTask('slow')) }, invoke: () => held });

    const first = await run({ a: 1 }, 'plan-1');
    const again = await run({ a: 1 }, 'plan-1');
    await expect(run({ a: 2 }, 'plan-1')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    release();
    await endOf(first);

    expect(again).toBe(first);
    await expect(run({ a: 1 }, 'plan-1')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(endpoint.running()).toBe(0);
  });

  it.each([
    ['a name with a slash', { name: 'a/b' }, 'InvalidName'],
    ['input that is not json', { input: '{' }, 'InvalidExecutionInput'],
    [
      'an unknown machine',
      { stateMachineArn: 'arn:aws:states:us-east-1:0:stateMachine:x' },
      'StateMachineDoesNotExist',
    ],
  ])('refuses %s', async (_what, wrong, code) => {
    await start({ machines: { m: machineOf(invokeTask('f')) } });

    const command = new StartExecutionCommand({ stateMachineArn: endpoint.arnOf('m'), ...wrong });

    await expect(client.send(command)).rejects.toMatchObject({ name: code });
  });

  it('names the error of a function by its own name, so that Catch finds it', async () => {
    const Catch = [{ ErrorEquals: ['NoRoom'], ResultPath: '$.error', Next: 'Caught' }];
    await start({
      machines: { m: machineOf(invokeTask('f', { Catch }), { Caught: { Type: 'Succeed' } }) },
      invoke: () => Promise.reject(Object.assign(new Error('the host is full'), { name: 'NoRoom' })),
    });

    const { output } = await endOf(await run({}));

    const { error } = JSON.parse(output!) as { error: { Error: string; Cause: string } };
    expect(error.Error).toBe('NoRoom');
    expect(JSON.parse(error.Cause)).toMatchObject({ errorType: 'NoRoom', errorMessage: 'the host is full' });
  });

  it('fails an execution with the error that nothing caught', async () => {
    await start({
      machines: { m: machineOf(invokeTask('f')) },
      invoke: () => Promise.reject(new TypeError('no such thing')),
    });

    expect(await endOf(await run({}))).toMatchObject({ status: 'FAILED', error: 'TypeError' });
  });

  it('retries as often as a Retry says', async () => {
    let tries = 0;
    await start({
      machines: { m: machineOf(invokeTask('f', { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }] })) },
      invoke: () => {
        tries += 1;
        return tries <= 2 ? Promise.reject(new Error('not yet')) : Promise.resolve(tries);
      },
    });

    const { output } = await endOf(await run({}));

    expect(JSON.parse(output!)).toMatchObject({ Payload: 3 });
  });

  it('calls other services by the operation in the Resource', async () => {
    const publish = { ...invokeTask('x'), Resource: 'arn:aws:states:::sns:publish', Parameters: { Message: 'hi' } };
    await start({
      machines: { m: machineOf(publish) },
      services: { sns: (operation, parameters) => Promise.resolve({ operation, parameters }) },
    });

    const { output } = await endOf(await run({}));

    expect(JSON.parse(output!)).toEqual({ operation: 'publish', parameters: { Message: 'hi' } });
  });

  it('gives ec2 and ssm errors the names that aws sdk integrations give them', async () => {
    const ec2 = await startEc2({ instances: [], now: Date.now });
    const ssm = await startSsm({ documents: {}, nodes: [], now: Date.now });
    const ec2Client = new ec2Sdk.EC2Client(ec2.target);
    const ssmClient = new ssmSdk.SSMClient(ssm.target);
    const task = (resource: string, Parameters: object) => ({
      Type: 'Task',
      Resource: `arn:aws:states:::aws-sdk:${resource}`,
      Parameters,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.caught', Next: 'End' }],
      Next: 'End',
    });
    const names = async (first: { Type: string }): Promise<string> => {
      await start({
        machines: { m: machineOf(first, { End: { Type: 'Succeed' } }) },
        services: { ec2: sdkService('Ec2', ec2Client, ec2Sdk), ssm: sdkService('Ssm', ssmClient, ssmSdk) },
      });
      const { output } = await endOf(await run({}));
      client.destroy();
      await endpoint.stop();
      const { Error: name, Cause: cause } = (JSON.parse(output!) as { caught: Record<'Error' | 'Cause', string> })
        .caught;
      return `${name}: ${cause.replace(/Request ID: .*/, '')}`;
    };

    expect(await names(task('ec2:stopInstances', { InstanceIds: ['i-1'] }))).toBe(
      "Ec2.Ec2Exception: The instance ID 'i-1' does not exist (Service: Ec2, Status Code: 400, Error Code: InvalidInstanceID.NotFound, ",
    );
    expect(await names(task('ssm:getCommandInvocation', { CommandId: 'c', InstanceId: 'i-1' }))).toMatch(
      /^Ssm\.InvocationDoesNotExistException: /,
    );
    await ssm.stop();
    expect(await names(task('ssm:getCommandInvocation', { CommandId: 'c', InstanceId: 'i-1' }))).toMatch(
      /^Ssm\.SdkClientException: /,
    );
    ec2Client.destroy();
    ssmClient.destroy();
    await ec2.stop();
  });

  it('tells the history, the list and the definition', async () => {
    const m = machineOf(invokeTask('f'));
    await start({ machines: { m } });
    const executionArn = await run({ a: 1 });
    await endOf(executionArn);

    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn: endpoint.arnOf('m') }));
    const { definition } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: endpoint.arnOf('m') }));

    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(executions).toMatchObject([{ executionArn, status: 'SUCCEEDED' }]);
    expect(JSON.parse(definition!)).toEqual(m);
  });

  it('aborts an execution that is stopped', async () => {
    await start({ machines: { m: machineOf({ Type: 'Wait', Seconds: 60, End: true } as never) }, waitScale: 1 });
    const executionArn = await run({});

    await client.send(new StopExecutionCommand({ executionArn }));

    expect(await endOf(executionArn)).toMatchObject({ status: 'ABORTED' });
  });

  it('fails a machine that encodes in base64 on text that the interpreter would encode otherwise than aws', async () => {
    const encode = { Type: 'Pass', Parameters: { 'code.$': 'States.Base64Encode($.text)' }, End: true };
    await start({ machines: { m: machineOf(encode) } });

    expect(JSON.parse((await endOf(await run({ text: 'plain' }))).output!)).toEqual({ code: 'cGxhaW4=' });
    await expect(run({ text: 'é' })).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  });

  it('fails a task whose result is larger than step functions passes on', async () => {
    await start({ machines: { m: machineOf(invokeTask('f')) }, invoke: () => Promise.resolve('x'.repeat(300_000)) });

    expect(await endOf(await run({}))).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('refuses a definition that is not in the language', async () => {
    await start({});

    await expect(
      startStepFunctions({
        machines: { m: machineOf({ Type: 'Succeed' }, { Lost: { Type: 'Succeed' } }) },
        services: {},
        invoke: () => Promise.resolve(),
        now: Date.now,
      }),
    ).rejects.toThrow(/definition is invalid/);
  });

  it('begins an execution within milliseconds once the machine is loaded', async () => {
    let begun = 0;
    await start({
      machines: { m: machineOf(invokeTask('f')) },
      invoke: () => {
        begun = performance.now();
        return Promise.resolve({});
      },
    });
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const askedAt = performance.now();
      await endOf(await run({ n }));
      times.push(begun - askedAt);
    }

    // The best of twenty, so that a busy machine does not matter; a machine that validates at each start takes 50 ms and more.
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
