import { Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ALLOCATOR_DOCUMENT } from '../../lib/infra/allocator-document.ts';
import { resizeWorkflow } from '../../lib/infra/resize-workflow.ts';
import { NAMES } from './support/run-workflow.ts';
import { synthesize } from './support/synthesize.ts';

// Two stacks hold every choice there is: a synthesis takes seconds on a small machine.
const { app, template } = synthesize({ alarmEmail: 'ops@example.org', shards: '3', windowSeconds: 30 });
const other = synthesize({ isolated: true, retain: 'false', enrolTag: 'team:resizable' });

interface Statement {
  readonly Sid?: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Statements of the policies of the role whose logical id begins with `prefix`. */
function statementsOf(prefix: string): readonly Statement[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith(prefix))
    .flatMap(
      ([, { Properties }]) => (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument.Statement,
    );
}

const actionsOf = (prefix: string): readonly string[] => statementsOf(prefix).flatMap(({ Action }) => Action);

describe('the trace stream', () => {
  it('is provisioned, encrypted with our key and as wide as asked', () => {
    template.hasResourceProperties('AWS::Kinesis::Stream', {
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      StreamEncryption: { EncryptionType: 'KMS' },
    });
  });

  it('is read in windows, with partial responses, bisecting, a bounded age and a queue for failures', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      TumblingWindowInSeconds: 30,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 60,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReplayFailures'), 'Arn'] } },
      },
    });
  });

  it('takes records from agents, which may do nothing else', () => {
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [
          { Action: 'kinesis:PutRecords', Effect: 'Allow', Resource: Match.anyValue() },
          { Action: 'kms:GenerateDataKey', Effect: 'Allow', Resource: Match.anyValue() },
        ],
      },
    });
  });
});

describe('the shadow table', () => {
  it('has the keys, the recovery, the expiry and the encryption that the adapters count on', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      },
    });
  });

  it('goes with the stack when asked to', () => {
    other.template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });
});

describe('the functions', () => {
  it('all run on Node.js 24 on ARM, traced, with source maps and a log group of their own', () => {
    template.resourceCountIs('AWS::Lambda::Function', 4);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: Match.anyValue() },
      Environment: {
        Variables: Match.objectLike({
          NODE_OPTIONS: '--enable-source-maps',
          POWERTOOLS_METRICS_NAMESPACE: 'Shadowcast',
          POWERTOOLS_SERVICE_NAME: Match.anyValue(),
        }),
      },
    });
  });

  it.each(['replay', 'lifecycle', 'plan', 'settle'])(
    'start %s with all that its handler reads at start',
    async (service) => {
      const [deployed] = Object.values(
        template.findResources('AWS::Lambda::Function', {
          Properties: { Environment: { Variables: { POWERTOOLS_SERVICE_NAME: service } } },
        }),
      );
      const { Variables } = (deployed as { Properties: { Environment: { Variables: Record<string, unknown> } } })
        .Properties.Environment;
      const before = { ...process.env };
      for (const [name, value] of Object.entries(Variables))
        process.env[name] = typeof value === 'string' ? value : 'arn:x';
      // In the bundle the policies lie beside the handler.
      Object.assign(process.env, { AWS_REGION: 'eu-central-1', POLICY_FILE: 'policies/default.yaml' });

      try {
        const { handler } = (await import(`../../lambdas/${service}/handler.ts`)) as { handler: unknown };

        expect(typeof handler).toBe('function');
      } finally {
        process.env = before;
      }
    },
    60_000,
  );

  it('give replay its policies, lead and hold', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          POLICY_FILE: 'policies.yaml',
          LEAD_MS: '5000',
          HOLD_MS: '5000',
          RISK: '0.01',
          RISK_OF: 'shard',
        }),
      },
    });
  });

  it('keep logs for a bounded time', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  });

  it('cannot act: none but the workflow may touch an instance or a host', () => {
    const mayAct = /^(ec2:(Start|Stop|Modify|Terminate)|ssm:Send)/;
    const roles = ['ReplayHandlerRole', 'LifecycleHandlerRole', 'ActingPlanRole', 'ActingSettleRole'];

    for (const role of roles) {
      expect(actionsOf(role).length).toBeGreaterThan(2);
      expect(actionsOf(role).filter((action) => mayAct.test(action))).toEqual([]);
    }
    expect(actionsOf('ActingWorkflowRole').filter((action) => mayAct.test(action))).toHaveLength(5);
  });

  it('let replay start the workflow and nothing start it but replay', () => {
    expect(actionsOf('ReplayHandlerRole')).toContain('states:StartExecution');
    expect(actionsOf('LifecycleHandlerRole')).not.toContain('states:StartExecution');
  });
});

describe('the acting role', () => {
  it('runs our document only, and on enrolled hosts only', () => {
    const sends = statementsOf('ActingWorkflowRole').filter(({ Action }) =>
      [Action].flat().includes('ssm:SendCommand'),
    );

    expect(sends.map(({ Sid }) => Sid)).toEqual(['RunTheAllocatorDocument', 'OnEnrolledHosts']);
    expect(JSON.stringify(sends[0]?.Resource)).toContain('document/');
    expect(sends[1]?.Condition).toEqual({ StringEquals: { 'ssm:resourceTag/shadowcast:enrolled': 'true' } });
  });

  it('stops, starts and changes enrolled instances only, and changes nothing of them but the type', () => {
    const acts = statementsOf('ActingWorkflowRole').filter(({ Action }) =>
      /ec2:(Stop|Start|Modify)/.test([Action].flat().join()),
    );

    expect(acts).toHaveLength(2);
    for (const { Condition } of acts) {
      expect(Condition?.['StringEquals']).toEqual({ 'aws:ResourceTag/shadowcast:enrolled': 'true' });
    }
    expect(acts[1]?.Condition?.['Null']).toEqual({ 'ec2:Attribute/InstanceType': 'false' });
  });

  it('is bound to the tag that the deployment names', () => {
    const roles = JSON.stringify(other.template.findResources('AWS::IAM::Policy'));

    expect(roles).toContain('aws:ResourceTag/team:resizable');
    expect(roles).not.toContain('shadowcast:enrolled');
  });

  it('has every permission that the calls of the definition need', () => {
    const services = JSON.stringify(resizeWorkflow(NAMES)).matchAll(/aws-sdk:(\w+):(\w)(\w+)"/g);
    const needed = new Set(
      Array.from(services, ([, service, first, rest]) => `${service}:${first?.toUpperCase()}${rest}`),
    );

    expect([...needed].filter((action) => !actionsOf('ActingWorkflowRole').includes(action))).toEqual([]);
    expect(actionsOf('ActingWorkflowRole')).toEqual(expect.arrayContaining(['sns:Publish', 'lambda:InvokeFunction']));
  });
});

describe('the workflow', () => {
  it('is the very definition that the local runner uses, with the names filled in', () => {
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    const text = (machine?.['Properties'] as { DefinitionString: { 'Fn::Join': [string, unknown[]] } })
      .DefinitionString;
    // Each reference of CloudFormation becomes a digit, which fits into the text wherever a name stood.
    const deployed = text['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : '0')).join('');
    const local = resizeWorkflow({ planFunction: '0', settleFunction: '0', allocatorDocument: '0', pageTopic: '0' });

    expect(JSON.parse(deployed)).toEqual(local);
  });

  it('is logged, traced and of the standard type', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL' },
    });
  });
});

describe('the allocator document', () => {
  it('is a command that takes nothing but base64', () => {
    template.hasResourceProperties('AWS::SSM::Document', {
      DocumentType: 'Command',
      UpdateMethod: 'NewVersion',
      Content: ALLOCATOR_DOCUMENT,
    });
    const pattern = new RegExp(ALLOCATOR_DOCUMENT.parameters.Plan.allowedPattern);

    expect(pattern.test('eyJpZCI6InAifQ==')).toBe(true);
    for (const hostile of ['', "a'; reboot #", '$(id)', 'a b', 'a\nb', '{{ Plan }}', 'a'.repeat(16_385)]) {
      expect(pattern.test(hostile)).toBe(false);
    }
  });
});

describe('lifecycle', () => {
  it('follows every EC2 state, keeps what fails, and gives up in bounded time', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ec2'],
        'detail-type': ['EC2 Instance State-change Notification'],
        detail: { state: ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] },
      },
      Targets: [
        Match.objectLike({
          DeadLetterConfig: { Arn: Match.anyValue() },
          RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 10 },
        }),
      ],
    });
  });
});

describe('what people are told', () => {
  it('goes to an encrypted topic with a subscriber', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.org' });
  });

  it.each([
    ['IteratorAge', 'AWS/Lambda'],
    ['Errors', 'AWS/Lambda'],
    ['Throttles', 'AWS/Lambda'],
    ['ExecutionsFailed', 'AWS/States'],
    ['PlansFailed', 'Shadowcast'],
  ])('includes an alarm on %s of %s', (MetricName, Namespace) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName,
      Namespace,
      TreatMissingData: 'notBreaching',
      AlarmActions: [Match.anyValue()],
    });
  });

  it('includes an alarm on the depth of each failure queue', () => {
    const alarms = template.findResources('AWS::CloudWatch::Alarm', {
      Properties: { MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 },
    });

    template.resourceCountIs('AWS::SQS::Queue', 2);
    expect(Object.keys(alarms)).toHaveLength(2);
  });
});

describe('queues', () => {
  it('are encrypted and refuse what does not come over TLS', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
  });
});

describe('the isolated network', () => {
  it('is not there unless asked for', () => {
    template.resourceCountIs('AWS::EC2::VPC', 0);
  });

  it('has no way out, and endpoints for what the functions call', () => {
    const { template: isolated } = other;

    isolated.resourceCountIs('AWS::EC2::InternetGateway', 0);
    isolated.resourceCountIs('AWS::EC2::NatGateway', 0);
    isolated.resourceCountIs('AWS::EC2::Route', 0);
    isolated.resourceCountIs('AWS::EC2::VPCEndpoint', 4);
    isolated.allResourcesProperties('AWS::Lambda::Function', { VpcConfig: { SubnetIds: Match.anyValue() } });
    isolated.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
  });
});

describe('the template', () => {
  it('keeps its resources: a changed line here replaces something in every deployment', () => {
    const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    const lines = Object.entries(Resources).map(([id, { Type }]) => `${Type} ${id}`);

    expect(lines.sort().join('\n')).toMatchSnapshot();
  });
});

describe('cdk-nag', () => {
  it.each([
    ['as it comes', app],
    ['isolated, with nothing kept', other.app],
  ])('finds nothing that is not acknowledged in the stack %s', (_what, scope) => {
    const { violations } = new AwsSolutionsChecks().validateScope(scope);

    expect(violations.map(({ ruleName, violatingResources }) => ({ ruleName, violatingResources }))).toEqual([]);
  });
});
