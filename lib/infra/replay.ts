import { Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type FunctionNetwork, stageFunction } from './function-factory.ts';

export interface ReplayProps {
  readonly stream: IStream;
  readonly table: ITable;
  readonly workflow: IStateMachine;
  readonly policyFile: string;
  /** Shadows ride in the event source for this long, then they are checkpointed. */
  readonly window: Duration;
  readonly risk: number;
  readonly riskOf: 'shard' | 'vm';
  readonly lead: Duration;
  readonly hold: Duration;
  readonly network?: FunctionNetwork | undefined;
}

/**
 * Traces to shadows to plans. Records that keep failing, or that are older than a minute (their forecast is over), end
 * as a note in `failures`: shard and sequence numbers, never the trace itself.
 */
export class Replay extends Construct {
  readonly handler: IFunction;
  readonly failures: IQueue;

  constructor(scope: Construct, id: string, props: ReplayProps) {
    super(scope, id);
    const handler = stageFunction(this, 'Handler', {
      name: 'replay',
      description: 'Applies traces to shadows, forecasts, and starts plans',
      timeout: Duration.seconds(30),
      memorySize: 1769,
      network: props.network,
      files: { 'policies.yaml': props.policyFile },
      environment: {
        SHADOW_TABLE: props.table.tableName,
        WORKFLOW_ARN: props.workflow.stateMachineArn,
        POLICY_FILE: 'policies.yaml',
        LEAD_MS: String(props.lead.toMilliseconds()),
        HOLD_MS: String(props.hold.toMilliseconds()),
        RISK: String(props.risk),
        RISK_OF: props.riskOf,
      },
    });
    const failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(failures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'this queue is where failures end; it has an alarm on its depth',
    });
    handler.addEventSource(
      new KinesisEventSource(props.stream, {
        startingPosition: StartingPosition.LATEST,
        batchSize: 500,
        // A window needs exactly one batch at a time for each shard.
        tumblingWindow: props.window,
        parallelizationFactor: 1,
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 5,
        maxRecordAge: Duration.minutes(1),
        onFailure: new SqsDlq(failures),
      }),
    );
    props.table.grantReadWriteData(handler);
    props.workflow.grantStartExecution(handler);
    this.handler = handler;
    this.failures = failures;
  }
}
