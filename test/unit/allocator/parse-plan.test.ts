import { parsePlan } from '../../../agent/allocator/parse-plan.ts';
import { isFault } from '../../../lib/core/fault.ts';
import type { Fault } from '../../../lib/core/fault.ts';
import { aPlan } from '../../support/builders.ts';

const text = (changes: object): string => JSON.stringify({ ...aPlan({ fence: 1 }), ...changes });

const faultOf = (call: () => unknown): Fault => {
  try {
    call();
  } catch (thrown) {
    if (isFault(thrown)) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
};

describe('parsePlan', () => {
  it('takes a plan as the control plane sends it', () => {
    const plan = aPlan({ fence: 7, set: { cpu: 2, memory: 2 ** 30 } });

    expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
  });

  it.each([
    ['a text that is no json', '{', 'not json'],
    ['a list', '[]', 'wanted an object'],
    ['null', 'null', 'wanted an object'],
    ['a plan without an id', text({ id: undefined }), 'id is missing'],
    ['an ec2 plan', text({ rung: 'ec2' }), 'rung is "ec2"'],
    ['a vm without its host', text({ vm: 'web' }), 'wanted host/name'],
    ['a name that looks like an option', text({ vm: 'kvm1/--config' }), 'wanted host/name'],
    ['a name with a line break', text({ vm: 'kvm1/web\nx' }), 'wanted host/name'],
    ['nothing to set', text({ set: {} }), 'set names no meter'],
    ['a meter that is none', text({ set: { gpu: 1 } }), 'set names "gpu"'],
    ['a number in quotes', text({ set: { cpu: '2' } }), 'set.cpu is "2"'],
    ['no number', text({ set: { cpu: null } }), 'set.cpu is null'],
    ['a negative number', text({ set: { cpu: -1 } }), 'set.cpu is -1'],
    ['zero', text({ set: { cpu: 0 } }), 'set.cpu is 0'],
    ['memory in MiB', text({ set: { memory: 512 } }), 'set.memory is 512'],
    ['a number beyond all hosts', text({ set: { memory: 1e300 } }), 'set.memory is 1e+300'],
    ['a from of another shape', text({ from: [1] }), 'from is [1]'],
    ['no expiry', text({ expiresAt: null }), 'expiresAt is null'],
    ['a fence of 0, which is not locked', text({ fence: 0 }), 'fence is 0'],
    ['a fence that is not whole', text({ fence: 1.5 }), 'fence is 1.5'],
    ['a fence beyond exact numbers', text({ fence: 2 ** 60 }), 'wanted a whole number'],
    ['decisions of another shape', text({ decisions: 1 }), 'decisions is not a list'],
  ])('refuses %s', (_what, plan, message) => {
    const refusal = faultOf(() => parsePlan(plan));

    expect(refusal.code).toBe('PLAN_REFUSED');
    expect(refusal.message).toContain(message);
  });

  it('keeps its message short however long the input is', () => {
    expect(() => parsePlan(text({ id: 'x'.repeat(100_000) }))).toThrow(/^.{1,200}$/);
  });
});
