import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import {
  DefinitionBody,
  type IStateMachine,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeKeyGrants } from './acknowledge-key-grants.ts';
import { ALLOCATOR_DOCUMENT } from './allocator-document.ts';
import { type FunctionNetwork, stageFunction } from './function-factory.ts';
import { resizeWorkflow } from './resize-workflow.ts';

export interface ActingProps {
  readonly table: ITable;
  readonly pages: ITopic;
  /** Only instances and nodes with this tag, at the value `true`, can be touched. */
  readonly enrolTag: string;
  readonly network?: FunctionNetwork | undefined;
}

/** Plans to allocations in force: the workflow, its two functions, the document that hosts run, and the role that acts. */
export class Acting extends Construct {
  readonly workflow: IStateMachine;
  readonly planHandler: IFunction;
  readonly settleHandler: IFunction;

  constructor(scope: Construct, id: string, props: ActingProps) {
    super(scope, id);
    this.planHandler = this.#function('Plan', 'plan', 'Locks a VM for a plan and gives it its fence', props);
    // Covered by the acknowledgement on the role: neither call can be limited to resources.
    this.planHandler.addToRolePolicy(
      new PolicyStatement({ actions: ['ec2:DescribeInstances', 'ec2:DescribeInstanceTypes'], resources: ['*'] }),
    );
    this.settleHandler = this.#function('Settle', 'settle', 'Records what came of a plan and unlocks its VM', props);
    const document = new CfnDocument(this, 'AllocatorDocument', {
      documentType: 'Command',
      documentFormat: 'JSON',
      updateMethod: 'NewVersion',
      content: ALLOCATOR_DOCUMENT,
    });
    const definition = resizeWorkflow({
      planFunction: this.planHandler.functionArn,
      settleFunction: this.settleHandler.functionArn,
      allocatorDocument: document.ref,
      pageTopic: props.pages.topicArn,
    });
    this.workflow = new StateMachine(this, 'Workflow', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      role: this.#role(props, document.ref),
      tracingEnabled: true,
      logs: { level: LogLevel.ALL, includeExecutionData: true, destination: this.#logs() },
      comment: 'Carries one plan out: claim, act, settle',
    });
    new CfnOutput(this, 'WorkflowArn', { value: this.workflow.stateMachineArn });
    new CfnOutput(this, 'AllocatorDocumentName', { value: document.ref });
  }

  #function(
    id: string,
    name: 'plan' | 'settle',
    description: string,
    { table, enrolTag, network }: ActingProps,
  ): IFunction {
    const made = stageFunction(this, id, {
      name,
      description,
      timeout: Duration.seconds(15),
      memorySize: 512,
      network,
      environment: { SHADOW_TABLE: table.tableName, ENROL_TAG: enrolTag },
    });
    table.grantReadWriteData(made);
    return made;
  }

  /** Names under /aws/vendedlogs need no growing resource policy. */
  #logs(): LogGroup {
    return new LogGroup(this, 'WorkflowLogs', {
      logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}-resize`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** The only role that can change anything, and only what is enrolled. */
  #role({ pages, enrolTag }: ActingProps, documentName: string): IRole {
    const role = new Role(this, 'WorkflowRole', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    this.planHandler.grantInvokeLatestVersion(role);
    this.settleHandler.grantInvokeLatestVersion(role);
    pages.grantPublish(role);
    for (const statement of [...this.#onHosts(enrolTag, documentName), ...this.#onInstances(enrolTag)]) {
      role.addToPolicy(statement);
    }
    acknowledgeWildcards(role);
    return role;
  }

  /** https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html */
  #onHosts(enrolTag: string, documentName: string): PolicyStatement[] {
    const stack = Stack.of(this);
    return [
      new PolicyStatement({
        sid: 'RunTheAllocatorDocument',
        actions: ['ssm:SendCommand'],
        resources: [stack.formatArn({ service: 'ssm', resource: 'document', resourceName: documentName })],
      }),
      new PolicyStatement({
        sid: 'OnEnrolledHosts',
        actions: ['ssm:SendCommand'],
        resources: [
          stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' }),
          stack.formatArn({ service: 'ssm', resource: 'managed-instance', resourceName: '*' }),
        ],
        conditions: { StringEquals: { [`ssm:resourceTag/${enrolTag}`]: 'true' } },
      }),
      new PolicyStatement({
        sid: 'Look',
        actions: ['ssm:GetCommandInvocation', 'ec2:DescribeInstances', 'ec2:DescribeInstanceStatus'],
        resources: ['*'],
      }),
    ];
  }

  #onInstances(enrolTag: string): PolicyStatement[] {
    const stack = Stack.of(this);
    const instances = stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' });
    const enrolled = { [`aws:ResourceTag/${enrolTag}`]: 'true' };
    return [
      new PolicyStatement({
        sid: 'StopAndStartEnrolledInstances',
        actions: ['ec2:StopInstances', 'ec2:StartInstances'],
        resources: [instances],
        conditions: { StringEquals: enrolled },
      }),
      // The attribute's key is in the request only when that attribute is what is changed.
      new PolicyStatement({
        sid: 'ChangeTheTypeOfEnrolledInstances',
        actions: ['ec2:ModifyInstanceAttribute'],
        resources: [instances],
        conditions: { StringEquals: enrolled, Null: { 'ec2:Attribute/InstanceType': 'false' } },
      }),
      // Without it an instance with volumes under a customer's key goes from pending back to stopped.
      // https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
      new PolicyStatement({
        sid: 'StartWithEncryptedVolumes',
        actions: ['kms:CreateGrant'],
        resources: [stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
        conditions: {
          Bool: { 'kms:GrantIsForAWSResource': 'true' },
          StringEquals: { 'kms:ViaService': `ec2.${stack.region}.amazonaws.com` },
        },
      }),
    ];
  }
}

function acknowledgeWildcards(role: Role): void {
  const arn = (service: string, resource: string): string =>
    `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}/*]`;
  const enrolled = 'which instances and hosts these are is known by their tag only, and the tag is a condition';
  acknowledgeKeyGrants(role);
  Validations.of(role).acknowledge(
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'reading instances and command results, log delivery and X-Ray cannot be limited to resources',
    },
    { id: arn('ec2', 'instance'), reason: enrolled },
    { id: arn('ssm', 'managed-instance'), reason: enrolled },
    {
      id: arn('kms', 'key'),
      reason: 'volumes may be under any key of the account; EC2 has to ask for it, for its own use',
    },
  );
}
