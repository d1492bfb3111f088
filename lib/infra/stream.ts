import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { type IStream, Stream as KinesisStream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface StreamProps {
  /** 1 MB/s or 1,000 records/s each; a host sends one record a send interval. */
  readonly shards: number;
  readonly key: IKey;
}

/**
 * The one-way channel from hosts to shadows. Records are kept for a day, but `Replay` reads none that is older than a
 * minute: nothing of value is lost with the stream, so it goes with the stack.
 */
export class Stream extends Construct {
  readonly stream: IStream;
  /** For the role of every host that runs the agent: it may put records, and nothing else. */
  readonly agentPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, { shards, key }: StreamProps) {
    super(scope, id);
    const stream = new KinesisStream(this, 'Traces', {
      streamMode: StreamMode.PROVISIONED,
      shardCount: shards,
      retentionPeriod: Duration.hours(24),
      encryption: StreamEncryption.KMS,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(stream).acknowledge({
      id: 'AwsSolutions-KDS3',
      reason:
        'a key of our own has a policy that can be read, changed and shown to an auditor; the alias of AWS has not',
    });
    this.stream = stream;
    this.agentPolicy = new ManagedPolicy(this, 'AgentPolicy', { description: 'Shadowcast agent: sends traces' });
    stream.grant(this.agentPolicy, 'kinesis:PutRecords');
    key.grant(this.agentPolicy, 'kms:GenerateDataKey');
    new CfnOutput(this, 'StreamName', { value: stream.streamName });
    new CfnOutput(this, 'AgentPolicyArn', { value: this.agentPolicy.managedPolicyArn });
  }
}
