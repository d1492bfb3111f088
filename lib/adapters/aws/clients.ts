import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Where to reach AWS; the defaults are the SDK's own (region and credentials of the environment). */
export interface AwsTarget {
  readonly region?: string;
  /** Another endpoint than AWS's: an emulator, the local control plane. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Three tries and a second to connect: a handler must not hang on one call longer than its batch is worth. */
const patience = { maxAttempts: 3, retryMode: 'standard' } as const;
const http = { connectionTimeout: 1_000, requestTimeout: 10_000 };

/** Kinesis over HTTP/1.1: the SDK's HTTP/2 default is not spoken by emulators and brings nothing for unary calls. */
export const kinesisClient = (target: AwsTarget = {}): KinesisClient =>
  new KinesisClient({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) });

/** A document client that leaves undefined fields out. */
export const documentClient = (target: AwsTarget = {}): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) }),
    {
      marshallOptions: { removeUndefinedValues: true },
    },
  );

export const stepFunctionsClient = (target: AwsTarget = {}): SFNClient =>
  new SFNClient({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) });

export const ec2Client = (target: AwsTarget = {}): EC2Client =>
  new EC2Client({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) });
