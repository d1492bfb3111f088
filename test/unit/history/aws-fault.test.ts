import { awsFault } from '../../../lib/adapters/aws/aws-fault.ts';

/** An error as the SDK throws it. */
const anError = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, code });

describe('awsFault', () => {
  it.each([
    ['CredentialsProviderError', 'Could not load credentials', 'USAGE', /needs credentials.*set AWS_PROFILE/],
    ['ExpiredTokenException', 'expired', 'USAGE', /needs credentials/],
    ['UnauthorizedOperation', 'You are not authorized', 'USAGE', /ec2:DescribeInstances is not allowed.*grant it/],
    ['Error', 'Region is missing', 'USAGE', /give --region or set AWS_REGION/],
    ['ThrottlingException', 'Rate exceeded', 'HISTORY_UNAVAILABLE', /failed: ThrottlingException: Rate exceeded; try/],
  ])('says what to do about %s', (name, message, code, words) => {
    const fault = awsFault('ec2:DescribeInstances', anError(name, message));

    expect(fault).toMatchObject({ code, retryable: code !== 'USAGE', message: expect.stringMatching(words) });
  });

  it('names the code of an error that has no words', () => {
    expect(awsFault('ec2:DescribeInstances', anError('Error', '', 'ECONNREFUSED')).message).toContain(
      'failed: ECONNREFUSED; try again',
    );
  });
});
