import { decide, type DecideInput } from '../../../lib/core/policy/decide.ts';
import type { MeterDecision } from '../../../lib/core/policy/decision.ts';
import { NO_MEMORY, type PolicyMemory, type PolicySet } from '../../../lib/core/policy/policy.ts';
import { parseWindow } from '../../../lib/core/policy/time-window.ts';
import {
  aDecideInput,
  aPolicy,
  aVm,
  NOW,
  policiesOf,
  type CpuParts,
  type PolicyParts,
} from '../../support/policy-builders.ts';

const cpuOf = (input: DecideInput, policies: PolicySet): MeterDecision => decide(input, policies).decision.meters[0]!;
const decideCpu = (cpu: CpuParts, policy: PolicyParts = {}): MeterDecision =>
  cpuOf(aDecideInput(cpu), policiesOf(aPolicy(policy)));

/** Low for a whole minute and more, as a decrease wants it. */
const LOW_LONG: PolicyMemory = {
  seenAt: NOW - 1_500,
  meters: { cpu: { lowSince: NOW - 9_000, lowPeak: 0.5, lowPeakBefore: 0.5 } },
};

describe('decide', () => {
  it('raises to the next size that holds the target when the forecast peak does not fit', () => {
    const decision = decideCpu({ from: 1, demand: 0.9, peak: [0.9, 1, 1.1, 1.42, 1.6, 1.7], target: 1.6 });

    expect(decision).toEqual({
      meter: 'cpu',
      kind: 'resize',
      from: 1,
      to: 1.75,
      mode: 'auto',
      rule: 'sizing',
      because: 'forecast p95 of 1.42 vCPU in 5 s does not fit 1 vCPU',
    });
  });

  it('raises ahead of a rise that still fits at the confidence but not at the risk of sizing', () => {
    const decision = decideCpu({ from: 2, demand: 1, peak: [1, 1.2, 1.5, 1.9, 2.4, 2.6] });

    expect(decision).toMatchObject({ kind: 'resize', to: 2.5, rule: 'sizing' });
    expect(decision.because).toBe('forecast p95 of 1.9 vCPU in 5 s is 90 % above the demand now (1 vCPU)');
  });

  it('holds a rise that fits what is in force and says so', () => {
    expect(decideCpu({ from: 2, demand: 1, peak: 1.9 })).toMatchObject({
      kind: 'hold',
      to: 2,
      rule: 'sizing',
      because: 'forecast p95 of 1.9 vCPU in 5 s is 90 % above the demand now (1 vCPU) and fits, 2 vCPU in force',
    });
    expect(decideCpu({ from: 2, demand: 0.5, peak: 1.6 })).toMatchObject({ kind: 'hold', rule: 'trigger' });
    expect(decideCpu({ from: 2, demand: 0.5, peak: 1.6 }).because).toContain(
      '220 % above the demand now (0.5 vCPU) and fits',
    );
  });

  it('holds a need that no trigger asks for', () => {
    const decision = decideCpu({ from: 2, demand: 1.8, peak: [1.8, 1.8, 1.8, 1.9, 2.2, 2.3] });

    expect(decision).toMatchObject({ kind: 'hold', rule: 'trigger' });
    expect(decision.because).toContain('fits and is less than 20 % above the demand now');
  });

  it('fires at exactly the rise of the trigger', () => {
    const values = (p95: number): readonly number[] => [1, 1, 1, p95, 2.4, 2.4];

    expect(decideCpu({ from: 2, demand: 1, peak: values(1.2) }).kind).toBe('resize');
    expect(decideCpu({ from: 2, demand: 1, peak: values(1.199) }).kind).toBe('hold');
  });

  it('looks at the quantile that the policy names', () => {
    const peak = [0.5, 0.6, 0.7, 0.8, 3, 4];

    expect(
      decideCpu({ from: 2, demand: 0.75, peak, target: 0.8 }, { increase: { when: { confidence: 0.99 } } }),
    ).toMatchObject({
      kind: 'resize',
      to: 3,
    });
    expect(decideCpu({ from: 2, demand: 0.75, peak, target: 0.8 }).kind).toBe('hold');
  });

  it('does not act on a forecast that begins later than the trigger looks', () => {
    const far = { from: 1, peak: 3, demand: 0.5, lead: 60_000 };

    expect(decideCpu(far, { increase: { when: { within: 5_000 } } })).toMatchObject({ kind: 'hold', rule: 'trigger' });
    expect(decideCpu(far, { increase: { when: { within: 60_000 } } }).kind).toBe('resize');
    expect(decideCpu(far).kind).toBe('resize');
  });

  it('raises what was held back to the high end of what it wants, at any lead', () => {
    const decision = decideCpu(
      { from: 2, demand: [2, 3], peak: 1.9, lead: 60_000 },
      { increase: { when: { within: 5_000 } } },
    );

    expect(decision).toMatchObject({ kind: 'resize', to: 3 });
    expect(decision.because).toBe('use was held back at 2 vCPU, up to 3 vCPU wanted');
  });

  it('raises to the lower bound of the policy whatever the forecast says', () => {
    const decision = decideCpu({ from: 1, demand: 0.1, peak: 0.1 }, { bounds: { min: 1.5 } });

    expect(decision).toMatchObject({ kind: 'resize', to: 1.5, because: 'the policy wants at least 1.5 vCPU' });
  });

  it('raises by a whole step of the actuator at least', () => {
    expect(decideCpu({ from: 1.2, peak: 1.21, demand: 1 })).toMatchObject({ kind: 'resize', to: 1.5 });
  });

  it('lowers to the most that was needed lately', () => {
    const memory: PolicyMemory = {
      seenAt: NOW - 1_500,
      meters: { cpu: { lowSince: NOW - 9_000, lowPeak: 1.1, lowPeakBefore: 1.3 } },
    };

    expect(decideCpu({ from: 2, demand: 0.5, peak: 0.6, memory })).toMatchObject({
      kind: 'resize',
      to: 1.5,
      rule: 'sizing',
    });
  });

  it('never lowers below what is wanted now', () => {
    expect(decideCpu({ from: 2, demand: [0.5, 1.4], peak: 0.6, memory: LOW_LONG })).toMatchObject({
      kind: 'resize',
      to: 1.5,
    });
  });

  it.each([
    { from: 1, demand: 0.9, p95: 1.4, p99: 1.6, kind: 'resize', to: 1.75, rule: 'sizing' },
    { from: 2, demand: 1, p95: 1.9, p99: 2.4, kind: 'resize', to: 2.5, rule: 'sizing' },
    { from: 2, demand: 1, p95: 1.7, p99: 1.9, kind: 'hold', to: 2, rule: 'sizing' },
    { from: 2, demand: 1.8, p95: 1.9, p99: 2.2, kind: 'hold', to: 2, rule: 'trigger' },
    { from: 2, demand: [2, 3] as const, p95: 1.9, p99: 1.9, kind: 'resize', to: 3, rule: 'sizing' },
  ])('decides as docs/policies.md says: %j', ({ from, demand, p95, p99, ...expected }) => {
    expect(decideCpu({ from, demand, peak: [0.5, 0.6, 0.7, p95, p99, p99] })).toMatchObject(expected);
  });

  it('does not raise again at once what it has lowered', () => {
    const cpu = { demand: 0.5, peak: [0.5, 0.6, 0.7, 0.95, 1.2, 1.3], target: 0.8, memory: LOW_LONG };

    const lowered = decideCpu({ ...cpu, from: 2 });
    const next = decideCpu({ ...cpu, from: lowered.to! });

    expect(lowered).toMatchObject({ kind: 'resize', to: 1 });
    expect(next.kind).toBe('hold');
  });

  it('says in the order of the meters what it decides on each that has a forecast and a size', () => {
    const input = aDecideInput();
    const { cpu } = input.recommendation.forecast.meters;
    const recommendation = {
      ...input.recommendation,
      target: { net_tx: 1, cpu: 1, disk_read: 1 },
      forecast: { ...input.recommendation.forecast, meters: { net_tx: cpu!, memory: cpu!, cpu: cpu! } },
    };

    const { decision } = decide({ ...input, recommendation }, policiesOf(aPolicy()));

    expect(decision.meters.map(({ meter }) => meter)).toEqual(['cpu', 'net_tx']);
  });

  it('leaves a meter out whose forecast is not a number', () => {
    for (const cpu of [{ target: Number.NaN }, { peak: Infinity, target: 1 }, { demand: Number.NaN }]) {
      expect(decide(aDecideInput(cpu), policiesOf(aPolicy())).decision.meters).toEqual([]);
    }
  });
});

describe('what holds a change', () => {
  const rise: CpuParts = { from: 1, demand: 0.9, peak: 3 };
  const quiet: CpuParts = { from: 4, demand: 0.5, peak: 0.5, memory: LOW_LONG };

  it('is that no policy selects the primary', () => {
    const { decision } = decide(aDecideInput(rise), policiesOf(aPolicy({ match: { name: ['db-*'] } })));

    expect(decision).toMatchObject({
      policy: undefined,
      meters: [{ kind: 'hold', rule: 'no-policy', to: 1, mode: 'observe' }],
    });
  });

  it('is a suspended primary, in both directions', () => {
    expect(decideCpu({ ...rise, state: 'suspended' })).toMatchObject({ kind: 'hold', rule: 'suspended' });
    expect(decideCpu({ ...quiet, state: 'suspended' })).toMatchObject({ kind: 'hold', rule: 'suspended' });
  });

  it('is an actuator that cannot set the meter, or none', () => {
    expect(decideCpu({ ...rise, primary: aVm({ adjustable: {} }) })).toMatchObject({
      rule: 'not-adjustable',
      because: 'actuator kvm cannot set cpu (1 vCPU -> 3 vCPU: forecast p95 of 3 vCPU in 5 s does not fit 1 vCPU)',
    });
    expect(decideCpu({ ...rise, primary: aVm({ actuator: 'none' }) })).toMatchObject({ rule: 'not-adjustable', to: 1 });
  });

  it('is a size in force that is not known, or is not a number', () => {
    expect(decideCpu({ ...rise, from: null })).toMatchObject({
      kind: 'hold',
      rule: 'unknown-allocation',
      from: undefined,
      to: undefined,
    });
    expect(decideCpu({ ...rise, from: Infinity })).toMatchObject({ rule: 'unknown-allocation', to: undefined });
  });

  it('is silence, in both directions', () => {
    for (const cpu of [rise, quiet]) {
      expect(decideCpu({ ...cpu, lastAt: NOW - 15_000 }).rule).not.toBe('stale');
      expect(decideCpu({ ...cpu, lastAt: NOW - 15_001 })).toMatchObject({ kind: 'hold', rule: 'stale' });
    }
  });

  it('is a sample from the future', () => {
    const decision = decideCpu({ ...rise, lastAt: NOW + 20_000 });

    expect(decision.rule).toBe('stale');
    expect(decision.because).toContain('20 s in the future');
  });

  it('is a model that has seen too little: few samples for more, many for less', () => {
    expect(decideCpu({ ...rise, samples: 4 })).toMatchObject({ rule: 'warming-up' });
    expect(decideCpu({ ...rise, samples: 5 }).kind).toBe('resize');
    expect(decideCpu({ ...quiet, samples: 59 })).toMatchObject({ rule: 'warming-up' });
    expect(decideCpu({ ...quiet, samples: 60 }).kind).toBe('resize');
  });

  it('is the end of what the actuator can set', () => {
    expect(decideCpu({ from: 8, demand: 8, peak: 12 })).toMatchObject({ kind: 'hold', rule: 'bounds' });
    expect(decideCpu({ from: 6, demand: 6, peak: 12 })).toMatchObject({ kind: 'resize', to: 8, rule: 'bounds' });
    expect(decideCpu({ from: 0.25, demand: 0, peak: 0, memory: LOW_LONG })).toMatchObject({ kind: 'hold' });
  });

  it('is the bound of the policy, on a size that the actuator can set', () => {
    expect(decideCpu(rise, { bounds: { max: 1.9 } })).toMatchObject({ to: 1.75, rule: 'bounds' });
    expect(decideCpu(quiet, { bounds: { min: 2.1 } })).toMatchObject({ to: 2.25, rule: 'bounds' });
    expect(decideCpu(rise, { bounds: { max: 1 } })).toMatchObject({ kind: 'hold', rule: 'bounds' });
    expect(decideCpu({ ...rise, from: 4, peak: 5 }, { bounds: { max: 2 } })).toMatchObject({
      kind: 'hold',
      rule: 'bounds',
      to: 4,
    });
  });

  it('is the step, but a whole step of the actuator is always allowed', () => {
    expect(decideCpu(rise, { increase: { step: 0.5 } })).toMatchObject({
      to: 1.5,
      rule: 'step',
      because: 'forecast p95 of 3 vCPU in 5 s does not fit 1 vCPU; at most 50 % at once, not 3 vCPU',
    });
    expect(decideCpu(rise, { increase: { step: 0.1 } })).toMatchObject({ to: 1.25, rule: 'step' });
    expect(decideCpu(quiet, { decrease: { step: 0.25 } })).toMatchObject({ to: 3, rule: 'step' });
    expect(decideCpu({ ...quiet, from: 1, demand: 0.1, peak: 0.1 }, { decrease: { step: 0.05 } })).toMatchObject({
      to: 0.75,
    });
  });

  it('is a change too small to be worth it', () => {
    const primary = aVm({ adjustable: { cpu: { min: 0.01, max: 100, step: 0.01 } } });
    const bounds = { max: 10.1 };

    expect(decideCpu({ from: 10, peak: 20, demand: 9, primary }, { bounds })).toMatchObject({
      kind: 'hold',
      rule: 'deadband',
      to: 10,
    });
  });

  it('is the last raise, until its cooldown is over', () => {
    const raised = (ago: number): PolicyMemory => ({ seenAt: NOW - 1_500, meters: { cpu: { raisedAt: NOW - ago } } });

    expect(decideCpu({ ...rise, memory: raised(9_999) })).toMatchObject({ kind: 'hold', rule: 'cooldown' });
    expect(decideCpu({ ...rise, memory: raised(10_000) }).kind).toBe('resize');
  });

  it('is any last change for a decrease, and no decrease for a raise', () => {
    const changed = (change: object): PolicyMemory => ({
      ...LOW_LONG,
      meters: { cpu: { ...LOW_LONG.meters!.cpu, ...change } },
    });

    expect(decideCpu({ ...quiet, memory: changed({ raisedAt: NOW - 59_999 }) })).toMatchObject({ rule: 'cooldown' });
    expect(decideCpu({ ...quiet, memory: changed({ loweredAt: NOW - 59_999 }) })).toMatchObject({ rule: 'cooldown' });
    expect(decideCpu({ ...quiet, memory: changed({ loweredAt: NOW - 60_000 }) }).kind).toBe('resize');
    expect(decideCpu({ ...rise, memory: changed({ loweredAt: NOW - 1 }) }).kind).toBe('resize');
  });

  it('is a plan that is under way', () => {
    expect(decideCpu({ ...rise, busy: true })).toMatchObject({ kind: 'hold', rule: 'cooldown' });
    expect(decideCpu({ ...rise, busy: true }).because).toContain('a plan is under way');
  });

  it('is the hour, for each direction by itself', () => {
    // NOW is Thursday 2025-10-09 08:53:20 UTC, 10:53 in Berlin.
    const decrease = { windows: [parseWindow('Sat-Sun 00:00-06:00 Europe/Berlin')] };
    const open = { windows: [parseWindow('Mon 01:00-02:00'), parseWindow('Thu 10:00-11:00 Europe/Berlin')] };

    expect(decideCpu(quiet, { decrease })).toMatchObject({ kind: 'hold', rule: 'window' });
    expect(decideCpu(quiet, { decrease: open }).kind).toBe('resize');
    expect(decideCpu(rise, { decrease }).kind).toBe('resize');
  });

  it.each([
    ['observe', 'the policy only observes'],
    ['recommend', 'the policy only recommends'],
    ['approve', 'the policy wants it approved by a person'],
  ] as const)('is mode %s, which says exactly what would be done', (mode, words) => {
    const decision = decideCpu(rise, { mode, bounds: { max: 2.5 }, increase: { step: 2 } });

    expect(decision).toMatchObject({ kind: 'hold', rule: 'mode', mode, to: 1 });
    expect(decision.because).toContain(words);
    expect(decision.because).toContain('1 vCPU -> 2.5 vCPU');
  });

  it('is the mode of the direction', () => {
    const upOnly: PolicyParts = { increase: { mode: 'auto' }, decrease: { mode: 'observe' } };

    expect(decideCpu(rise, upOnly)).toMatchObject({ kind: 'resize', mode: 'auto' });
    expect(decideCpu(quiet, upOnly)).toMatchObject({ kind: 'hold', rule: 'mode', mode: 'observe' });
  });
});

describe('what deciding remembers', () => {
  const policies = policiesOf(aPolicy());
  /** Decides once a second on calm samples while 2 vCPUs are in force, and gives the decisions and the last memory. */
  const run = (
    steps: readonly CpuParts[],
    { from = 2, set = policies, every = 1_000 }: { from?: number; set?: PolicySet; every?: number } = {},
  ): { readonly kinds: readonly string[]; readonly memory: PolicyMemory; readonly last: MeterDecision } => {
    let memory: PolicyMemory = NO_MEMORY;
    const decisions = steps.map((step, index) => {
      const now = NOW + index * every;
      const decided = decide(aDecideInput({ from, now, lastAt: now, memory, ...step }), set);
      memory = decided.memory;
      return decided.decision.meters[0]!;
    });
    return {
      kinds: decisions.map(({ kind, rule }) => (kind === 'resize' ? kind : rule)),
      memory,
      last: decisions.at(-1)!,
    };
  };
  const low = (count: number): CpuParts[] => Array<CpuParts>(count).fill({ demand: 0.5, peak: 0.6 });

  it('is how long the need was low: a decrease comes after the whole time and not before', () => {
    const { kinds } = run(low(61));

    expect(new Set(kinds.slice(0, 60))).toEqual(new Set(['trigger']));
    expect(kinds[60]).toBe('resize');
  });

  it('is the highest need of that time', () => {
    const steps = [...low(30), { demand: 0.5, peak: 1.2 }, ...low(30)];

    expect(run(steps).last).toMatchObject({ kind: 'resize', to: 1.25 });
  });

  it('starts again when the need was not low for one sample', () => {
    const { kinds } = run([...low(59), { demand: 1.9, peak: 1.9 }, ...low(60)]);

    expect(kinds).not.toContain('resize');
  });

  it('starts again after a gap in the samples: silence proves nothing', () => {
    const gap = { now: NOW + 120_000, lastAt: NOW + 120_000, demand: 0.5, peak: 0.6 };

    expect(run([...low(59), gap]).last).toMatchObject({ kind: 'hold', rule: 'trigger' });
  });

  it('is the same after the same sample a second time', () => {
    const { memory } = run(low(10));
    const again = decide(
      aDecideInput({ demand: 0.5, peak: 0.6, memory, now: NOW + 20_000, lastAt: NOW + 9_000 }),
      policies,
    );

    expect(memory.meters?.cpu?.lowSince).toBe(NOW);
    expect(again.memory).toEqual(memory);
  });

  it('is a decided change, so that the next one waits', () => {
    const { kinds } = run(Array<CpuParts>(12).fill({ from: 1, demand: 0.9, peak: 3 }));

    expect(kinds).toEqual(['resize', ...Array<string>(9).fill('cooldown'), 'resize', 'cooldown']);
  });

  it('begins low time anew after a change', () => {
    expect(run(low(61)).memory.meters).toEqual({ cpu: { loweredAt: NOW + 60_000 } });
  });

  it('is no change that a policy only recommends', () => {
    const set = policiesOf(aPolicy({ mode: 'recommend' }));

    expect(run(Array<CpuParts>(3).fill({ from: 1, demand: 0.9, peak: 3 }), { set }).memory).toEqual({
      seenAt: NOW + 2_000,
      meters: {},
    });
  });

  it('is plain JSON and forgotten when nothing needs it', () => {
    const { memory } = run(low(61));
    const later = NOW + 200_000;

    expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
    expect(decide(aDecideInput({ memory, now: later, lastAt: later }), policies).memory).toEqual({
      seenAt: later,
      meters: {},
    });
  });

  it('keeps a meter that has no forecast this time', () => {
    const memory: PolicyMemory = { seenAt: NOW - 1_000, meters: { memory: { raisedAt: NOW - 1_000 } } };

    expect(decide(aDecideInput({ memory }), policies).memory.meters).toMatchObject({
      memory: { raisedAt: NOW - 1_000 },
    });
  });
});
