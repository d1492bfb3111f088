import { Fault, messageOf } from '../../core/fault.ts';

const NO_CREDENTIALS =
  /Credentials|AuthFailure|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch|InvalidSignature/;
const NOT_ALLOWED = /AccessDenied|UnauthorizedOperation|Forbidden/;

/**
 * What an AWS call of a command threw, as a refusal a person can act on: USAGE for credentials, permissions and the region,
 * HISTORY_UNAVAILABLE (retryable) for everything else, after the SDK's own tries. `action` as IAM names it.
 */
export function awsFault(action: string, thrown: unknown): Fault {
  const { name, code } = namesOf(thrown);
  const message = messageOf(thrown);
  if (NO_CREDENTIALS.test(name)) {
    const advice = 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    return new Fault('USAGE', `${action} needs credentials of AWS (${name}: ${message}): ${advice}`, { cause: thrown });
  }
  if (NOT_ALLOWED.test(name)) {
    return new Fault('USAGE', `${action} is not allowed (${message}): grant it to these credentials`, {
      cause: thrown,
    });
  }
  if (message.includes('Region is missing')) {
    return new Fault('USAGE', `${action} needs a region: give --region or set AWS_REGION`, { cause: thrown });
  }
  const reason = [code ?? name, message].filter((part) => part !== '' && part !== 'Error').join(': ');
  return new Fault('HISTORY_UNAVAILABLE', `${action} failed: ${reason}; try again`, { retryable: true, cause: thrown });
}

/** Connection errors of the SDK may have an empty message; their code then says more. */
function namesOf(thrown: unknown): { readonly name: string; readonly code: string | undefined } {
  if (typeof thrown !== 'object' || thrown === null) return { name: '', code: undefined };
  const { name, code } = thrown as { readonly name?: unknown; readonly code?: unknown };
  return { name: typeof name === 'string' ? name : '', code: typeof code === 'string' ? code : undefined };
}
