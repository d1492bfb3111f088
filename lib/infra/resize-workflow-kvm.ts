import { all, call, choose, count, is, isBelow, missing, note, retryAll, wait, type States } from './state-language.ts';

/**
 * Polls of one command, a second apart: Run Command may take 30 s to reach the node (`TimeoutSeconds`, its least) and the
 * document lets the allocator run for 30 s; the rest is for late answers.
 */
const MOST_POLLS = 75;

/** Both names are seen for the error of a command that `GetCommandInvocation` does not know yet. */
const NOT_KNOWN_YET = ['Ssm.InvocationDoesNotExistException', 'Ssm.InvocationDoesNotExist'];

/** Two conditions rather than one with Or: a comparison with a missing path must not even be tried. */
const underWay = [
  missing('$.invocation.Status'),
  is('$.invocation.Status', 'Pending', 'InProgress', 'Delayed', 'Cancelling'),
];

/**
 * Has the allocator of `$.plan.host` carry out `$.plan`, counts polls in `$.polls`, and leaves `$.result`:
 * `{ kind: 'kvm', invocation }` with SSM's GetCommandInvocation answer (`Status`, `StandardOutputContent`, ...), or
 * `{ kind: 'error', error }`. States.Base64Encode takes 10,000 characters at most, which bounds the plan.
 * https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
export const kvmStates = (document: string, settle: string): States => ({
  // Retried only where the service refused the request: a command that was sent twice would be refused by the host's
  // fence the second time, and that answer would be taken for the plan's.
  SendCommand: call({
    resource: 'arn:aws:states:::aws-sdk:ssm:sendCommand',
    parameters: {
      DocumentName: document,
      'InstanceIds.$': 'States.Array($.plan.host)',
      Parameters: { 'Plan.$': 'States.Array(States.Base64Encode(States.JsonToString($.plan)))' },
      TimeoutSeconds: 30,
    },
    resultPath: '$.sent',
    retry: [{ ErrorEquals: ['Ssm.ThrottlingException', 'Ssm.SsmException'], IntervalSeconds: 1, MaxAttempts: 3 }],
    next: 'PollCommand',
    failed: 'NoteError',
  }),
  PollCommand: call({
    resource: 'arn:aws:states:::aws-sdk:ssm:getCommandInvocation',
    parameters: { 'CommandId.$': '$.sent.Command.CommandId', 'InstanceId.$': '$.plan.host' },
    resultPath: '$.invocation',
    retry: [{ ErrorEquals: NOT_KNOWN_YET, IntervalSeconds: 1, MaxAttempts: 10, BackoffRate: 1 }, retryAll(1, 5)],
    next: 'CommandEnded',
    failed: 'NoteError',
  }),
  CommandEnded: choose(
    underWay.flatMap((condition) => [
      [all(condition, isBelow('$.polls.n', MOST_POLLS)), 'WaitForCommand'],
      [condition, 'NoteUnfinished'],
    ]),
    'NoteInvocation',
  ),
  WaitForCommand: wait(1, 'CountPoll'),
  CountPoll: count('$.polls', 'PollCommand'),
  NoteInvocation: note('$.result', { kind: 'kvm', 'invocation.$': '$.invocation' }, settle),
  NoteUnfinished: note(
    '$.result',
    {
      kind: 'error',
      error: { Error: 'Shadowcast.CommandUnfinished', Cause: `the allocator did not end within ${MOST_POLLS} polls` },
    },
    settle,
  ),
});
