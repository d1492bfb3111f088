import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsTarget } from './clients.ts';

/** What an import of history asks. */
export interface HistoryClients {
  readonly ec2: EC2Client;
  readonly cloudWatch: CloudWatchClient;
}

/**
 * Clients with the patience of a batch job: throttled and broken calls are tried again, ten times in all, ever more slowly.
 * A page of 100,800 points is several megabytes.
 */
export function historyClients(target: AwsTarget, maxAttempts = 10): HistoryClients {
  const patience = { maxAttempts, retryMode: 'standard' } as const;
  const http = { connectionTimeout: 5_000, requestTimeout: 60_000 };
  return {
    ec2: new EC2Client({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) }),
    cloudWatch: new CloudWatchClient({ ...patience, ...target, requestHandler: new NodeHttpHandler(http) }),
  };
}
