import { all, call, choose, count, is, isBelow, isSameAs, missing, not, note, present } from './state-language.ts';
import { retryAll, wait, type Condition, type States } from './state-language.ts';
import { recoveryStates } from './resize-workflow-recovery.ts';
import { changeType, instance, look, start, stop, type Ec2Names } from './resize-workflow-calls.ts';

/** 10 minutes of looks 5 s apart: a stop waits for the guest to shut down. */
const MOST_STOP_LOOKS = 120;
/** 5 minutes of looks 5 s apart: what is not running by then did not start. */
const MOST_START_LOOKS = 60;
/** 10 minutes of looks 10 s apart: the first status checks come minutes after the start. */
const MOST_HEALTH_LOOKS = 60;

/** What `$.ec2` holds at the start: looks and rounds so far, pages sent, and what went wrong first. */
export const EC2_START = {
  stopping: { n: 0 },
  starting: { n: 0 },
  checking: { n: 0 },
  rounds: { n: 0 },
  pages: { n: 0 },
  failure: { Error: 'Shadowcast.Unexplained', Cause: 'the instance was not where it was expected' },
};

/**
 * Changes the type of `$.plan.vm` from `$.plan.instanceType.from` to `.to` by stopping it, and leaves `$.result`:
 * `{ kind: 'ec2', state, because, type? }` with an Outcome's state and the type in force, or `{ kind: 'error', error }`
 * when it could not even be looked at. From the stop on, every way out leads over a look that found the instance running
 * or terminated. A person who stops the instance while this runs finds it started again.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/change-instance-type-of-ebs-backed-instance.html
 */
export const ec2States = (names: Ec2Names): States => ({
  ...freshStates(names.settle),
  ...changeStates(),
  ...healthStates(names.settle),
  ...recoveryStates(names),
});

/** Facts may have changed since the plan was made: nothing is touched before they were looked at again. */
function freshStates(settle: string): States {
  const refuse = (because: string) => note('$.result', { kind: 'ec2', state: 'refused', because }, settle);
  return {
    FreshLook: call({ ...look, retry: [retryAll(1, 4)], next: 'FreshText', failed: 'NoteError' }),
    // As text, because a path that filters tags fails, and cannot be caught, where no tag matches.
    FreshText: note('$.fresh', { 'text.$': 'States.JsonToString($.look)' }, 'FreshChecks'),
    FreshChecks: choose(
      [
        [missing(instance.state), 'RefuseGone'],
        [not(is(instance.state, 'running')), 'RefuseNotRunning'],
        [not(isSameAs(instance.type, '$.plan.instanceType.from')), 'RefuseOtherType'],
        [{ Variable: '$.fresh.text', StringMatches: '*"aws:autoscaling:groupName"*' }, 'RefuseGroupMember'],
        [all(present(instance.root), is(instance.root, 'instance-store')), 'RefuseInstanceStore'],
      ],
      'Stop',
    ),
    RefuseGone: refuse('the instance does not exist any more'),
    RefuseNotRunning: refuse('the instance is not running'),
    RefuseOtherType: refuse('the instance has another type than the plan was made for'),
    RefuseGroupMember: refuse('the instance belongs to an auto scaling group, which would replace it once it stops'),
    RefuseInstanceStore: refuse('the instance has an instance-store root, which cannot be stopped'),
  };
}

/** Stop, change, start: the first error or a step that takes too long leads to recovery, with the reason at `$.ec2.failure`.
 * Recovery begins with a wait, because a look right after a call may still show the state before it. */
function changeStates(): States {
  const toRecovery = { failed: 'WaitToRecover', errorPath: '$.ec2.failure' };
  return {
    Stop: call({ ...stop, ...toRecovery, retry: [retryAll(2, 3)], next: 'WaitForStop' }),
    WaitForStop: wait(5, 'StopLook'),
    StopLook: call({ ...look, ...toRecovery, retry: [retryAll(2, 6)], next: 'Stopped' }),
    Stopped: choose(
      [
        [missing(instance.state), 'WaitToRecover'],
        [is(instance.state, 'stopped'), 'Change'],
        [all(is(instance.state, 'running', 'stopping'), isBelow('$.ec2.stopping.n', MOST_STOP_LOOKS)), 'CountStopLook'],
      ],
      'NoteStopTooSlow',
    ),
    CountStopLook: count('$.ec2.stopping', 'WaitForStop'),
    NoteStopTooSlow: failure('Shadowcast.StopTooSlow', 'the instance did not stop in time', 'WaitToRecover'),
    Change: call({ ...changeType('to'), ...toRecovery, retry: [retryAll(2, 2)], next: 'Start' }),
    Start: call({ ...start, ...toRecovery, retry: [retryAll(2, 2)], next: 'WaitForStart' }),
    WaitForStart: wait(5, 'StartLook'),
    StartLook: call({ ...look, ...toRecovery, retry: [retryAll(2, 6)], next: 'Started' }),
    Started: choose(
      [
        [missing(instance.state), 'WaitToRecover'],
        [is(instance.state, 'running'), 'HealthLook'],
        // `stopped` may be an old answer; when it is not, the bound ends the waiting.
        [
          all(is(instance.state, 'pending', 'stopped'), isBelow('$.ec2.starting.n', MOST_START_LOOKS)),
          'CountStartLook',
        ],
      ],
      'NoteStartTooSlow',
    ),
    CountStartLook: count('$.ec2.starting', 'WaitForStart'),
    NoteStartTooSlow: failure('Shadowcast.StartTooSlow', 'the instance did not start in time', 'WaitToRecover'),
  };
}

/** Running is not enough: EC2's two status checks have to pass, or the original type is put back. */
function healthStates(settle: string): States {
  const system = '$.health.InstanceStatuses[0].SystemStatus.Status';
  const guest = '$.health.InstanceStatuses[0].InstanceStatus.Status';
  const passed = (path: string): Condition => all(present(path), is(path, 'ok', 'not-applicable'));
  const applied = (because: string) =>
    note('$.result', { kind: 'ec2', state: 'applied', because, 'type.$': '$.plan.instanceType.to' }, settle);
  return {
    HealthLook: call({
      resource: 'arn:aws:states:::aws-sdk:ec2:describeInstanceStatus',
      parameters: { 'InstanceIds.$': 'States.Array($.plan.vm)' },
      resultPath: '$.health',
      retry: [retryAll(2, 6)],
      next: 'Healthy',
      failed: 'NoteAppliedUnchecked',
    }),
    Healthy: choose(
      [
        [all(passed(system), passed(guest)), 'NoteApplied'],
        [isBelow('$.ec2.checking.n', MOST_HEALTH_LOOKS), 'CountHealthLook'],
      ],
      'NoteUnhealthy',
    ),
    CountHealthLook: count('$.ec2.checking', 'WaitForHealth'),
    WaitForHealth: wait(10, 'HealthLook'),
    NoteUnhealthy: failure('Shadowcast.Unhealthy', 'the status checks did not pass on the new type', 'RecoveryStop'),
    NoteApplied: applied('runs on the new type, both status checks passed'),
    NoteAppliedUnchecked: applied('runs on the new type, its status checks could not be read'),
  };
}

function failure(error: string, cause: string, next: string): States[string] {
  return note('$.ec2.failure', { Error: error, Cause: cause }, next);
}
