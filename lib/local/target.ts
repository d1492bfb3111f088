import type { AwsTarget } from '../adapters/aws/clients.ts';

export const LOCAL_REGION = 'us-east-1';
/** The account number in every ARN made here; AWS gives it to nobody. */
export const LOCAL_ACCOUNT = '000000000000';

/**
 * What clients of a local endpoint are built with. The servers check no signature, but the SDK signs every request and
 * would otherwise look for real credentials; these are valid nowhere.
 */
export const localTarget = (endpoint: string): AwsTarget => ({
  endpoint,
  region: LOCAL_REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
