import { settleHandler } from '../../../lambdas/settle/settle.ts';
import { memoryLedger } from '../../../lib/adapters/memory/ledger.ts';
import type { Outcome } from '../../../lib/core/plan/plan.ts';
import { aPlan } from '../../support/builders.ts';
import { aContext, aQuietPlatform, aWitness } from '../../support/platform.ts';

const outcome: Outcome = {
  planId: 'plan-1',
  vm: 'kvm1/web',
  state: 'applied',
  inForce: { cpu: 2 },
  inForceAt: 1_000_700,
  because: 'read back',
};

const aSettle = () => {
  const [ledger, observer] = [memoryLedger(), aWitness()];
  const handler = settleHandler({ ledger, observer }, aQuietPlatform());
  return { ledger, observer, settle: async (result: unknown) => handler({ plan: aPlan(), result }, aContext()) };
};

const invocation = (parts: object) => ({
  kind: 'kvm',
  invocation: { Status: 'Success', StandardOutputContent: '', ...parts },
});

describe('the settle function', () => {
  it("takes the allocator's own outcome, also when its exit code made the command fail", async () => {
    const { settle, ledger } = aSettle();
    const refused = { ...outcome, state: 'refused', inForce: {}, because: 'stale fence' };

    await settle(
      invocation({ Status: 'Failed', StandardOutputContent: `a line before\n${JSON.stringify(refused)}\n` }),
    );

    expect(await ledger.outcomeOf('plan-1')).toMatchObject({ state: 'refused', because: 'stale fence' });
  });

  it.each([
    ['nothing', invocation({ Status: 'TimedOut', StandardErrorContent: 'no driver' }), /TimedOut.*no driver/],
    [
      'the outcome of another plan',
      invocation({ StandardOutputContent: JSON.stringify({ ...outcome, planId: 'x' }) }),
      /no outcome/,
    ],
    [
      'an error of the workflow',
      { kind: 'error', error: { Error: 'Ssm.Throttled', Cause: 'busy' } },
      /Ssm\.Throttled: busy/,
    ],
    ['what has no shape', { kind: 'surprise' }, /cannot be read/],
  ])('calls %s a failure and says what was got', async (_what, result, because) => {
    const { settle } = aSettle();

    expect(await settle(result)).toMatchObject({ state: 'failed', because: expect.stringMatching(because) });
  });

  it('takes an EC2 end, with the limits of the plan in force only when it was applied', async () => {
    expect(await aSettle().settle({ kind: 'ec2', state: 'applied', because: 'runs' })).toMatchObject({
      inForce: { cpu: 2 },
    });
    expect(await aSettle().settle({ kind: 'ec2', state: 'rolled-back', because: 'no capacity' })).toMatchObject({
      state: 'rolled-back',
      inForce: {},
    });
  });

  it('tells of an outcome once, however often it is called', async () => {
    const { settle, observer, ledger } = aSettle();
    const done = invocation({ StandardOutputContent: JSON.stringify(outcome) });

    await settle(done);
    await settle({ kind: 'error', error: { Error: 'late', Cause: '' } });

    expect(observer.calls.ended).toEqual([outcome]);
    expect(await ledger.outcomeOf('plan-1')).toEqual(outcome);
  });
});
