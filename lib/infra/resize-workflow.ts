import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { all, call, choose, is, note, present, retryAll, type States, type Template } from './state-language.ts';
import { EC2_START, ec2States } from './resize-workflow-ec2.ts';
import { invoke, page } from './resize-workflow-calls.ts';
import { kvmStates } from './resize-workflow-kvm.ts';

/** What the definition refers to; names or ARNs, CDK tokens included. */
export interface WorkflowNames {
  readonly planFunction: string;
  readonly settleFunction: string;
  readonly allocatorDocument: string;
  readonly pageTopic: string;
}

/** The claimed plan, with its fence. */
const claimed = '$.claim.Payload.plan';
const isClaimed = all(
  present('$.claim.Payload.kind'),
  is('$.claim.Payload.kind', 'claimed'),
  present(`${claimed}.rung`),
);

/**
 * The one definition of how a plan is carried out, in the Amazon States Language (JSONPath), for Step Functions and for
 * the local interpreter alike.
 *
 *   input                  { plan }
 *   plan function          { plan } -> { kind: 'claimed', plan } with its fence | { kind: 'refused', outcome }
 *   settle function        { plan, result }, result being one of
 *                            { kind: 'kvm', invocation }            what GetCommandInvocation answered last
 *                            { kind: 'ec2', state, because, type?, error? }
 *                            { kind: 'error', error: { Error, Cause } }
 *   output                 { ..., settled: { Payload } }, or the claim's `{ kind: 'refused', outcome }`
 *
 * Settling, which also releases the lock, is reached from everywhere but a refused claim, which holds none. Where even
 * that fails, people are paged and the execution fails; the lock then ends by its own expiry.
 */
export const resizeWorkflow = (names: WorkflowNames): StateMachineDefinition => ({
  Comment: 'Carries one plan out: claim, act, settle',
  StartAt: 'Claim',
  States: {
    Claim: call({
      ...invoke(names.planFunction, { 'plan.$': '$.plan' }, '$.claim'),
      retry: [retryAll(1, 3)],
      next: 'Claimed',
      failed: 'NoteError',
    }),
    Claimed: choose(
      [
        [all(present('$.claim.Payload.kind'), is('$.claim.Payload.kind', 'refused')), 'Refused'],
        [all(isClaimed, is(`${claimed}.rung`, 'kvm')), 'BeginKvm'],
        [
          all(
            isClaimed,
            is(`${claimed}.rung`, 'ec2'),
            present(`${claimed}.instanceType.from`),
            present(`${claimed}.instanceType.to`),
          ),
          'BeginEc2',
        ],
      ],
      'NoteBadClaim',
    ),
    Refused: { Type: 'Succeed', OutputPath: '$.claim.Payload' },
    BeginKvm: begin({ polls: { n: 0 } }, 'SendCommand'),
    BeginEc2: begin({ ec2: EC2_START }, 'FreshLook'),
    ...kvmStates(names.allocatorDocument, 'Settle'),
    ...ec2States({ settle: 'Settle', settleFunction: names.settleFunction, pageTopic: names.pageTopic }),
    NoteBadClaim: note(
      '$.result',
      {
        kind: 'error',
        error: {
          Error: 'Shadowcast.BadClaim',
          Cause: 'the plan function answered with nothing that can be carried out',
        },
      },
      'Settle',
    ),
    NoteError: note('$.result', { kind: 'error', 'error.$': '$.error' }, 'Settle'),
    Settle: call({
      ...invoke(names.settleFunction, { 'plan.$': '$.plan', 'result.$': '$.result' }, '$.settled'),
      retry: [retryAll(1, 8)],
      next: 'Settled',
      failed: 'PageUnsettled',
    }),
    Settled: { Type: 'Succeed' },
    PageUnsettled: call({
      ...page(names.pageTopic, 'the outcome for {} of plan {} could not be recorded'),
      retry: [retryAll(2, 6)],
      next: 'Unsettled',
      failed: 'Unsettled',
    }),
    Unsettled: { Type: 'Fail', Error: 'Shadowcast.Unsettled', Cause: 'the outcome could not be recorded' },
  },
});

/** The execution goes on with the claimed plan and the counters of its branch, and nothing else. */
function begin(counters: Template, next: string): States[string] {
  return { Type: 'Pass', Parameters: { 'plan.$': claimed, ...counters }, Next: next };
}
