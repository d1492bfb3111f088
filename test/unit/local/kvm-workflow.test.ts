import { tmpdir } from 'node:os';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { ALLOCATOR_DOCUMENT } from '../../../lib/infra/allocator-document.ts';
import { resizeWorkflow } from '../../../lib/infra/resize-workflow.ts';
import { startSsm, type LocalSsm } from '../../../lib/local/ssm.ts';
import { startStepFunctions, type LocalStepFunctions } from '../../../lib/local/step-functions.ts';
import { sdkService } from '../../../lib/local/step-functions/service-call.ts';

const names = { planFunction: 'plan', settleFunction: 'settle', allocatorDocument: 'Allocate', pageTopic: 'pages' };
/** Stands in for the allocator: prints the plan that it was given. */
const printPlan = 'allocate() { echo "$2" | base64 -d; }';
const plan = { id: 'p1', vm: 'kvm1/web', host: 'kvm1', rung: 'kvm', set: { cpu: 2.5 }, because: "it's $5 & more" };

describe('the resize workflow on local endpoints', () => {
  let ssm: LocalSsm;
  let workflows: LocalStepFunctions;
  let ssmClient: ssmSdk.SSMClient;
  let client: SFNClient;
  const settled: unknown[] = [];

  beforeEach(async () => {
    settled.length = 0;
    const [step] = ALLOCATOR_DOCUMENT.mainSteps;
    const commands = step.inputs.runCommand.map((line) => line.replace('exec shadowcast-allocator', 'allocate'));
    const runCommand = [printPlan, ...commands];
    const document = { ...ALLOCATOR_DOCUMENT, mainSteps: [{ ...step, inputs: { ...step.inputs, runCommand } }] };
    ssm = await startSsm({
      documents: { Allocate: document },
      nodes: [{ id: 'kvm1', env: { PATH: process.env['PATH'] ?? '' }, cwd: tmpdir() }],
      now: Date.now,
    });
    ssmClient = new ssmSdk.SSMClient(ssm.target);
    workflows = await startStepFunctions({
      machines: { resize: resizeWorkflow(names) },
      services: {
        ssm: sdkService('Ssm', ssmClient, ssmSdk),
        ec2: () => Promise.reject(new Error('not used')),
        sns: () => Promise.reject(new Error('not used')),
      },
      invoke: (name, payload) => {
        const { plan: given } = payload as { plan: object };
        if (name === 'plan') return Promise.resolve({ kind: 'claimed', plan: { ...given, fence: 7 } });
        return Promise.resolve(settled.push(payload));
      },
      now: Date.now,
      waitScale: 0.01,
      isChecked: true,
    });
    client = new SFNClient(workflows.target);
  });
  afterEach(async () => {
    client.destroy();
    ssmClient.destroy();
    await workflows.stop();
    await ssm.stop();
  });

  const run = async (wanted: object): Promise<string | undefined> => {
    const stateMachineArn = workflows.arnOf('resize');
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'p1', input: JSON.stringify({ plan: wanted }) }),
    );
    for (;;) {
      const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') return status;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('brings the claimed plan to the program on the host, byte for byte, and its output to settling', async () => {
    expect(await run(plan)).toBe('SUCCEEDED');

    const [{ result }] = settled as [{ result: { kind: string; invocation: Record<string, string> } }];
    expect(result).toMatchObject({ kind: 'kvm', invocation: { Status: 'Success', ResponseCode: 0 } });
    expect(JSON.parse(result.invocation['StandardOutputContent']!)).toEqual({ ...plan, fence: 7 });
  });

  it('settles as an error when the host is not known', async () => {
    expect(await run({ ...plan, host: 'gone' })).toBe('SUCCEEDED');

    expect(settled).toMatchObject([{ result: { kind: 'error', error: { Error: 'Ssm.InvalidInstanceIdException' } } }]);
  });
});
