import { Duration, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type FunctionNetwork, stageFunction } from './function-factory.ts';

export interface LifecycleProps {
  readonly stream: IStream;
  readonly key: IKey;
  readonly enrolTag: string;
  readonly network?: FunctionNetwork | undefined;
}

/** EC2's own news of an instance's life, put into the trace stream, where one writer keeps them in order. */
export class Lifecycle extends Construct {
  readonly handler: IFunction;
  readonly failures: IQueue;

  constructor(scope: Construct, id: string, { stream, key, enrolTag, network }: LifecycleProps) {
    super(scope, id);
    const handler = stageFunction(this, 'Handler', {
      name: 'lifecycle',
      description: 'Turns EC2 state changes into lifecycle events of the trace stream',
      timeout: Duration.seconds(15),
      memorySize: 256,
      network,
      environment: { STREAM_NAME: stream.streamName, ENROL_TAG: enrolTag },
    });
    stream.grant(handler, 'kinesis:PutRecords');
    key.grant(handler, 'kms:GenerateDataKey');
    // Covered by the acknowledgement on the role: DescribeInstances cannot be limited to resources.
    handler.addToRolePolicy(new PolicyStatement({ actions: ['ec2:DescribeInstances'], resources: ['*'] }));
    this.failures = this.#failureQueue();
    new Rule(this, 'InstanceStateChange', {
      description: 'EC2 instances that appear, run, stop or end',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] },
      },
      targets: [
        new LambdaFunction(handler, {
          deadLetterQueue: this.failures,
          retryAttempts: 10,
          maxEventAge: Duration.minutes(15),
        }),
      ],
    });
    this.handler = handler;
  }

  #failureQueue(): Queue {
    const failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(failures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'this queue is where failures end; it has an alarm on its depth',
    });
    return failures;
  }
}
