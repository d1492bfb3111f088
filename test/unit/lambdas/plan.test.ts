import { planHandler } from '../../../lambdas/plan/plan.ts';
import { memoryLedger } from '../../../lib/adapters/memory/ledger.ts';
import { memoryShadowStore } from '../../../lib/adapters/memory/shadow-store.ts';
import type { InstanceType } from '../../../lib/core/plan/choose-type.ts';
import type { InstanceFleet } from '../../../lib/ports/instance-fleet.ts';
import { aPlan } from '../../support/builders.ts';
import { aContext, aQuietPlatform, aWitness } from '../../support/platform.ts';

const GIB = 2 ** 30;
const type = (name: string, vcpus: number, gib: number): InstanceType => ({ name, vcpus, memory: gib * GIB });
const family = [type('m5.large', 2, 8), type('m5.xlarge', 4, 16), type('m5.2xlarge', 8, 32)];

const aClaim = ({ now = 1_000_500, current = family[0]!, isKnown = true } = {}) => {
  const [ledger, shadows, observer] = [memoryLedger(), memoryShadowStore(), aWitness()];
  const fleet: Pick<InstanceFleet, 'types'> = {
    types: () => Promise.resolve(isKnown ? { current, family } : undefined),
  };
  const handler = planHandler({ ledger, shadows, fleet, observer, now: () => now }, aQuietPlatform());
  return { ledger, shadows, observer, claim: async (event: unknown) => handler(event, aContext()) };
};

describe('the plan function', () => {
  it('locks the VM and gives the plan a fence', async () => {
    const { claim } = aClaim();

    expect(await claim({ plan: aPlan() })).toMatchObject({ kind: 'claimed', plan: { id: 'plan-1', fence: 1 } });
  });

  it('refuses a plan whose forecast is over, and records that', async () => {
    const { claim, ledger, observer } = aClaim({ now: 1_010_001 });

    const result = await claim({ plan: aPlan() });

    expect(result).toMatchObject({
      kind: 'refused',
      outcome: { state: 'refused', because: expect.stringContaining('1 ms after') },
    });
    expect(await ledger.outcomeOf('plan-1')).toMatchObject({ state: 'refused' });
    expect(observer.calls.ended).toHaveLength(1);
  });

  it('refuses a plan for a primary that has ended since', async () => {
    const { claim, shadows } = aClaim();
    await shadows.end('kvm1/web', 1_000_200);

    expect(await claim({ plan: aPlan() })).toMatchObject({ kind: 'refused' });
  });

  it('refuses a second plan and says which one holds the VM', async () => {
    const { claim } = aClaim();
    await claim({ plan: aPlan() });

    expect(await claim({ plan: aPlan({ id: 'plan-2' }) })).toMatchObject({
      kind: 'refused',
      outcome: { because: 'the VM is held by plan plan-1' },
    });
  });

  it('chooses the smallest type of the family that holds what is wanted', async () => {
    const { claim } = aClaim();
    const plan = aPlan({ rung: 'ec2', set: { cpu: 3 }, from: { cpu: 2 } });

    expect(await claim({ plan })).toMatchObject({ plan: { instanceType: { from: 'm5.large', to: 'm5.xlarge' } } });
  });

  it.each([
    ['a decrease of cpu that would take memory away that nobody offered', { cpu: 2 }, { current: family[1]! }],
    ['more than the family has', { cpu: 9 }, {}],
    ['an instance that EC2 does not know', { cpu: 4 }, { isKnown: false }],
  ])('refuses %s', async (_what, set, facts) => {
    const { claim } = aClaim(facts);
    const plan = aPlan({ rung: 'ec2', set, from: { cpu: 2 } });

    expect(await claim({ plan })).toMatchObject({ kind: 'refused' });
  });

  it('fails on what is not a plan, and locks nothing', async () => {
    const { claim, ledger } = aClaim();

    await expect(claim({ plan: { ...aPlan(), id: 'not a name; rm -rf' } })).rejects.toThrow(/id/);
    expect(await ledger.claim(aPlan({ id: 'plan-2' }), 1_000, 2_000)).toMatchObject({ kind: 'claimed' });
  });
});
