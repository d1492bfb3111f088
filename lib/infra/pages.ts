import { CfnOutput } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface PagesProps {
  readonly key: IKey;
  /** @default - nobody; subscribe to the topic by hand */
  readonly email?: string | undefined;
}

/** Where people are told: pages of the workflow and every alarm. */
export class Pages extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { key, email }: PagesProps) {
    super(scope, id);
    const topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true, displayName: 'Shadowcast' });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
    this.topic = topic;
    new CfnOutput(this, 'TopicArn', { value: topic.topicArn });
  }
}
