import { tmpdir } from 'node:os';
import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
  type GetCommandInvocationCommandOutput,
} from '@aws-sdk/client-ssm';
import { startSsm, type LocalSsm } from '../../../lib/local/ssm.ts';

const NODE = 'kvm-1';

const aDocument = (runCommand: readonly string[], timeoutSeconds = '10') => ({
  schemaVersion: '2.2',
  parameters: {
    Plan: { type: 'String', allowedPattern: '^[A-Za-z0-9+/=]{1,64}$' },
    Mode: { type: 'String', default: 'real', allowedValues: ['real', 'dry'] },
  },
  mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { timeoutSeconds, runCommand } }],
});

describe('local ssm', () => {
  let ssm: LocalSsm;
  let client: SSMClient;

  beforeEach(async () => {
    ssm = await startSsm({
      documents: {
        Echo: aDocument(['echo "{{ Plan }} {{Mode}} $GREETING $AWS_SSM_INSTANCE_ID"', 'pwd']),
        Fail: aDocument(['echo bad >&2', 'exit 7']),
        Hang: aDocument(['sleep 30 & wait'], '0.2'),
        Sleep: aDocument(['exec sleep 30']),
        Long: aDocument(['head -c 30000 /dev/zero | tr "\\0" x']),
      },
      nodes: [{ id: NODE, env: { PATH: process.env['PATH'] ?? '', GREETING: 'hello' }, cwd: tmpdir() }],
      now: Date.now,
    });
    client = new SSMClient(ssm.target);
  });
  afterEach(async () => {
    client.destroy();
    await ssm.stop();
  });

  const send = async (DocumentName: string, Parameters: Record<string, string[]> = { Plan: ['abc='] }) => {
    const { Command } = await client.send(new SendCommandCommand({ DocumentName, InstanceIds: [NODE], Parameters }));
    return { CommandId: Command!.CommandId!, InstanceId: NODE };
  };
  const ended = async (of: { CommandId: string; InstanceId: string }): Promise<GetCommandInvocationCommandOutput> => {
    for (;;) {
      const invocation = await client.send(new GetCommandInvocationCommand(of));
      if (invocation.Status !== 'Pending' && invocation.Status !== 'InProgress') return invocation;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it('runs the script with its parameters, in the environment and folder of the node', async () => {
    const invocation = await ended(await send('Echo'));

    expect(invocation).toMatchObject({ Status: 'Success', StatusDetails: 'Success', ResponseCode: 0 });
    expect(invocation.StandardOutputContent).toBe(`abc= real hello ${NODE}\n${tmpdir()}\n`);
  });

  it('tells the exit code and the error output of a script that fails', async () => {
    const invocation = await ended(await send('Fail'));

    expect(invocation).toMatchObject({ Status: 'Failed', ResponseCode: 7, StandardErrorContent: 'bad\n' });
  });

  it('ends a script and its children when the time of the document is over', async () => {
    const startedAt = performance.now();

    const invocation = await ended(await send('Hang'));

    expect(invocation).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Execution Timed Out' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('ends a script that is cancelled', async () => {
    const command = await send('Sleep');
    await client.send(new CancelCommandCommand({ CommandId: command.CommandId }));

    expect(await ended(command)).toMatchObject({ Status: 'Cancelled' });
  });

  it('gives the first 24,000 characters of the output', async () => {
    const { StandardOutputContent } = await ended(await send('Long'));

    expect(StandardOutputContent).toHaveLength(24_000);
  });

  it.each([
    ['an unknown document', { DocumentName: 'Nope' }, 'InvalidDocument'],
    ['an unknown node', { InstanceIds: ['i-none'] }, 'InvalidInstanceId'],
    ['a missing parameter', { Parameters: {} }, 'InvalidParameters'],
    ['an unknown parameter', { Parameters: { Plan: ['a'], Other: ['b'] } }, 'InvalidParameters'],
    ['a parameter beyond its pattern', { Parameters: { Plan: ["'; rm -rf /"] } }, 'InvalidParameters'],
    ['a parameter beyond its allowed values', { Parameters: { Plan: ['a'], Mode: ['b'] } }, 'InvalidParameters'],
    ['two values for one text', { Parameters: { Plan: ['a', 'b'] } }, 'InvalidParameters'],
  ])('refuses %s', async (_what, wrong, code) => {
    const input = { DocumentName: 'Echo', InstanceIds: [NODE], Parameters: { Plan: ['abc'] }, ...wrong };

    await expect(client.send(new SendCommandCommand(input))).rejects.toMatchObject({ name: code });
  });

  it('knows no invocation of a command that was not sent', async () => {
    const unknown = new GetCommandInvocationCommand({
      CommandId: 'b8eac879-0541-439d-94ec-47a80d554f44',
      InstanceId: NODE,
    });

    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  });

  it('lists its commands, nodes and documents', async () => {
    const command = await send('Echo');
    await ended(command);

    const { CommandInvocations } = await client.send(
      new ListCommandInvocationsCommand({ CommandId: command.CommandId }),
    );
    const { InstanceInformationList } = await client.send(new DescribeInstanceInformationCommand({}));
    const { Document } = await client.send(new DescribeDocumentCommand({ Name: 'Echo' }));

    expect(CommandInvocations).toMatchObject([{ InstanceId: NODE, Status: 'Success' }]);
    expect(InstanceInformationList).toMatchObject([{ InstanceId: NODE, PingStatus: 'Online' }]);
    expect(Document?.Parameters?.map(({ Name }) => Name)).toEqual(['Plan', 'Mode']);
  });

  it('refuses a document that it could not run as SSM would', async () => {
    const document = {
      schemaVersion: '2.2',
      mainSteps: [{ action: 'aws:runPowerShellScript', name: 'x', inputs: {} }],
    };

    await expect(startSsm({ documents: { document }, nodes: [], now: Date.now })).rejects.toThrow(
      /cannot be run locally/,
    );
  });

  it('knows nodes that come and go', async () => {
    ssm.addNode({ id: 'late', env: {}, cwd: tmpdir() });
    ssm.removeNode(NODE);

    const { InstanceInformationList } = await client.send(new DescribeInstanceInformationCommand({}));

    expect(InstanceInformationList?.map(({ InstanceId }) => InstanceId)).toEqual(['late']);
  });
});
