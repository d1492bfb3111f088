import { all, call, choose, count, is, isBelow, isSameAs, missing, not, note, wait } from './state-language.ts';
import { retryAll, type States } from './state-language.ts';
import { changeType, instance, invoke, look, page, start, stop, type Ec2Names } from './resize-workflow-calls.ts';

/** Rounds of 10 s in which nothing but waiting helped, until people are told. */
const ROUNDS_BEFORE_PAGE = 60;
/**
 * Rounds in all: those above and, after the page, one each 5 minutes and the retries of its start. About 50 events a
 * round keep under the 25,000 events of an execution; at least 28 hours.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
const MOST_ROUNDS = 400;

const paged = not(isBelow('$.ec2.pages.n', 1));

/**
 * Brings `$.plan.vm` back to running on its original type, whatever went wrong: look, and do the one thing that the
 * state calls for; again until it runs. A round that cannot start it pages people and settles the plan as failed; the
 * rounds go on after that, five minutes apart.
 */
export const recoveryStates = (names: Ec2Names): States => ({
  RecoveryLook: call({ ...look, retry: [retryAll(2, 6)], next: 'Recover', failed: 'WaitToRecover' }),
  Recover: choose(
    [
      [missing(instance.state), 'WaitToRecover'],
      [all(is(instance.state, 'terminated', 'shutting-down'), paged), 'GoneLate'],
      [is(instance.state, 'terminated', 'shutting-down'), 'PageGone'],
      [all(is(instance.state, 'running'), paged), 'PageRecovered'],
      // The start was answered with an error and took place all the same.
      [all(is(instance.state, 'running'), isSameAs(instance.type, '$.plan.instanceType.to')), 'HealthLook'],
      [is(instance.state, 'running'), 'NoteRolledBack'],
      [all(is(instance.state, 'stopped'), isSameAs(instance.type, '$.plan.instanceType.from')), 'RecoveryStart'],
      [is(instance.state, 'stopped'), 'RecoveryChange'],
    ],
    'WaitToRecover',
  ),
  // On the type it has, rather than not at all.
  RecoveryChange: call({
    ...changeType('from'),
    retry: [retryAll(2, 4)],
    next: 'RecoveryStart',
    failed: 'RecoveryStart',
  }),
  RecoveryStart: call({ ...start, retry: [retryAll(5, 10)], next: 'WaitToRecover', failed: 'StartRefused' }),
  StartRefused: choose([[paged, 'WaitLong']], 'PageStuck'),
  WaitToRecover: wait(10, 'CountRound'),
  CountRound: count('$.ec2.rounds', 'Patience'),
  Patience: choose(
    [
      [isBelow('$.ec2.rounds.n', ROUNDS_BEFORE_PAGE), 'RecoveryLook'],
      [paged, 'WaitLong'],
    ],
    'PageStuck',
  ),
  WaitLong: wait(300, 'CountLongRound'),
  CountLongRound: count('$.ec2.rounds', 'LongPatience'),
  LongPatience: choose([[isBelow('$.ec2.rounds.n', MOST_ROUNDS), 'RecoveryLook']], 'GaveUp'),
  GaveUp: { Type: 'Fail', Error: 'Shadowcast.GaveUp', Cause: 'the instance does not run and could not be started' },
  ...stuckStates(names),
  ...endStates(names),
});

/** Not running and not to be started for now: people are told once, the plan is settled, and the rounds go on. */
function stuckStates({ settleFunction, pageTopic }: Ec2Names): States {
  const stuck = 'instance {} does not run and cannot be started for now (plan {}): start it by hand; trying goes on';
  return {
    PageStuck: call({ ...page(pageTopic, stuck), retry: [retryAll(2, 6)], next: 'CountPage', failed: 'CountPage' }),
    CountPage: count('$.ec2.pages', 'NoteStuck'),
    NoteStuck: note(
      '$.result',
      { kind: 'ec2', state: 'failed', because: 'the instance does not run and cannot be started for now' },
      'SettleStuck',
    ),
    SettleStuck: call({
      ...invoke(settleFunction, { 'plan.$': '$.plan', 'result.$': '$.result' }, null),
      retry: [retryAll(2, 8)],
      next: 'WaitLong',
      failed: 'WaitLong',
    }),
    PageRecovered: call({
      ...page(pageTopic, 'instance {} runs again (plan {})'),
      retry: [retryAll(2, 6)],
      next: 'RecoveredLate',
      failed: 'RecoveredLate',
    }),
    RecoveredLate: { Type: 'Succeed' },
    GoneLate: { Type: 'Fail', Error: 'Shadowcast.Gone', Cause: 'the instance was terminated while it was stopped' },
  };
}

function endStates({ settle, pageTopic }: Ec2Names): States {
  const end = (state: string, because: string) => note('$.result', { kind: 'ec2', state, because }, settle);
  return {
    NoteRolledBack: note(
      '$.result',
      {
        kind: 'ec2',
        state: 'rolled-back',
        because: 'runs on its original type',
        'type.$': instance.type,
        'error.$': '$.ec2.failure',
      },
      settle,
    ),
    // Reached only from a running instance whose checks fail on the new type.
    RecoveryStop: call({ ...stop, retry: [retryAll(2, 4)], next: 'WaitToRecover', failed: 'UnstoppedLook' }),
    // A stop that was answered with errors may have taken place all the same: it is not left so.
    UnstoppedLook: call({ ...look, retry: [retryAll(2, 6)], next: 'Unstopped', failed: 'WaitToRecover' }),
    Unstopped: choose([[is(instance.state, 'running'), 'PageUnhealthy']], 'WaitToRecover'),
    PageUnhealthy: call({
      ...page(pageTopic, 'instance {} fails its status checks and cannot be stopped (plan {})'),
      retry: [retryAll(2, 6)],
      next: 'NoteUnhealthyEnd',
      failed: 'NoteUnhealthyEnd',
    }),
    NoteUnhealthyEnd: end('failed', 'runs on the new type, fails its status checks and cannot be stopped'),
    PageGone: call({
      ...page(pageTopic, 'instance {} was terminated during a resize (plan {})'),
      retry: [retryAll(2, 6)],
      next: 'NoteGone',
      failed: 'NoteGone',
    }),
    NoteGone: end('failed', 'the instance was terminated during the resize'),
  };
}
