import fc from 'fast-check';
import { METERS } from '../../../lib/core/meter.ts';
import { makePlan, planId, type PlanInput } from '../../../lib/core/plan/make-plan.ts';
import type { MeterDecision } from '../../../lib/core/policy/decision.ts';
import { aVm, NOW } from '../../support/policy-builders.ts';

const resize = (parts: Partial<MeterDecision> = {}): MeterDecision => ({
  meter: 'cpu',
  kind: 'resize',
  from: 1,
  to: 2,
  mode: 'auto',
  rule: 'sizing',
  because: 'it does not fit',
  ...parts,
});
const hold = resize({ meter: 'memory', kind: 'hold', from: 5, to: 5, rule: 'trigger' });

const planned = (meters: readonly MeterDecision[], parts: Partial<PlanInput> = {}) =>
  makePlan({
    decision: { vm: 'kvm1/web', policy: 'web', meters },
    primary: aVm(),
    host: 'kvm1',
    allocation: { cpu: 1, memory: 5 },
    sampledAt: NOW - 500,
    now: NOW,
    lifetime: 10_000,
    ...parts,
  });

describe('makePlan', () => {
  it('sets what is resized and keeps what was in force for the way back', () => {
    const meters = [resize(), hold, resize({ meter: 'net_tx', from: 7, to: 3 })];

    expect(planned(meters)).toEqual({
      id: expect.stringMatching(/^kvm1-web-[0-9a-z]+-[0-9a-z]+$/),
      vm: 'kvm1/web',
      host: 'kvm1',
      rung: 'kvm',
      set: { cpu: 2, net_tx: 3 },
      from: { cpu: 1, net_tx: 7 },
      decisions: meters,
      policy: 'web',
      sampledAt: NOW - 500,
      expiresAt: NOW + 10_000,
      fence: 0,
    });
  });

  it('is nothing when nothing is resized, nobody may act, or nothing can be set', () => {
    expect(planned([hold])).toBeUndefined();
    expect(planned([])).toBeUndefined();
    expect(planned([resize({ mode: 'approve' })])).toBeUndefined();
    expect(planned([resize()], { primary: aVm({ actuator: 'none' }) })).toBeUndefined();
    expect(
      planned([resize()], { decision: { vm: 'kvm1/web', policy: undefined, meters: [resize()] } }),
    ).toBeUndefined();
  });

  it('is the same plan for the same sample and sizes, whenever it is made', () => {
    expect(planned([resize()], { now: NOW + 700 })?.id).toBe(planned([resize()])?.id);
  });

  it('is another plan for another sample, VM or size', () => {
    const ids = [
      planned([resize()]),
      planned([resize()], { sampledAt: NOW }),
      planned([resize({ to: 3 })]),
      planned([resize({ meter: 'memory' })]),
      planned([resize()], { primary: aVm({ vm: 'kvm1-web' }) }),
    ].map((plan) => plan?.id);

    expect(new Set(ids).size).toBe(ids.length);
  });

  it('goes the rung of the actuator', () => {
    expect(planned([resize()], { primary: aVm({ actuator: 'ec2' }) })?.rung).toBe('ec2');
  });
});

describe('planId', () => {
  it('is a valid name of a Step Functions execution for every VM and time', () => {
    const set = fc.dictionary(fc.constantFrom(...METERS), fc.double({ min: 0, noNaN: true }));
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.integer({ min: 0, max: 8.64e15 }),
        set,
        (vm, at, sizes) => {
          expect(planId(vm, at, sizes)).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
        },
      ),
    );
  });
});
