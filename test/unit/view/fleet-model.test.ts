import { createFleet, type FleetEvent } from '../../../lib/view/fleet-model.ts';
import type { Outcome, Plan } from '../../../lib/core/plan/plan.ts';
import { aFrame } from '../../support/builders.ts';
import { aHold, anObservation, aResize, aResizePlan, T0 } from '../../support/view-builders.ts';

const aFleet = () => {
  const clock = { now: T0 };
  const fleet = createFleet({ now: () => clock.now });
  const see = (parts: Parameters<typeof anObservation>[0] = {}) => {
    const observation = anObservation(parts);
    fleet.observer.applied('kvm1', observation.frame);
    fleet.observer.observed(observation);
  };
  return { fleet, see, clock };
};

const anOutcome = (plan: Plan, parts: Partial<Outcome> = {}): Outcome => ({
  planId: plan.id,
  vm: plan.vm,
  state: 'applied',
  inForce: plan.set,
  inForceAt: plan.sampledAt + 400,
  because: 'as asked',
  ...parts,
});

describe('createFleet', () => {
  it('shows a vm with its newest sample, forecast, limit and verdict', () => {
    const { fleet, see } = aFleet();

    see({ cpu: 0.6 });

    const [vm] = fleet.view().vms;
    expect(vm).toMatchObject({
      vm: 'kvm1/web',
      name: 'web',
      host: 'kvm1',
      state: 'running',
      policy: 'live',
      lastAt: T0,
    });
    expect(vm?.meters.cpu).toMatchObject({
      points: [{ at: T0, demandLow: 0.6, demandHigh: 0.6, allocation: 1 }],
      forecast: { at: T0, lead: 5_000, hold: 5_000 },
      pastForecasts: [{ from: T0 + 5_000, until: T0 + 10_000, level: 0.95 }],
      verdict: { kind: 'hold', rule: 'deadband' },
    });
    expect(vm?.meters.memory).toBeUndefined();
  });

  it('takes the limit of the decision when the frame does not tell it', () => {
    const { fleet } = aFleet();
    const { frame, ...rest } = anObservation({ decisions: [aHold({ from: 3, to: 3 })] });

    fleet.observer.observed({ ...rest, frame: { vm: frame.vm, at: frame.at, interval: 1_000, values: {} } });

    expect(fleet.view().vms[0]?.meters.cpu?.points[0]?.allocation).toBe(3);
  });

  it('counts a frame that is reported twice once', () => {
    const { fleet } = aFleet();

    fleet.observer.applied('kvm1', aFrame({ at: T0 }));
    fleet.observer.applied('kvm1', aFrame({ at: T0 }));
    fleet.observer.applied('kvm1', aFrame({ at: T0 - 1_000 }));
    fleet.observer.dropped('kvm1', aFrame({ at: T0 }), 'duplicate');

    expect(fleet.summary()).toMatchObject({ frames: 2, dropped: 2, vms: 1 });
  });

  it('draws an observation that comes late not at all', () => {
    const { fleet, see } = aFleet();

    see({ at: T0 });
    see({ at: T0 - 2_000 });

    expect(fleet.view().vms[0]?.meters.cpu?.points).toHaveLength(1);
  });

  it('keeps two minutes of the past and no more', () => {
    const { fleet, see } = aFleet();

    for (let second = 0; second < 300; second += 1) see({ at: T0 + second * 1_000 });

    const cpu = fleet.view().vms[0]?.meters.cpu;
    expect(cpu?.points).toHaveLength(121);
    expect(cpu?.pastForecasts.length).toBeLessThanOrEqual(131);
  });

  it('joins a decision, its plan and its outcome to one line', () => {
    const { fleet, see } = aFleet();
    const plan = aResizePlan();

    see({ decisions: [aResize()] });
    fleet.observer.planned(plan);
    fleet.observer.ended(plan, anOutcome(plan));

    expect(fleet.view().vms[0]?.decisions).toEqual([
      expect.objectContaining({
        ...aResize(),
        at: T0,
        planId: plan.id,
        outcome: { state: 'applied', because: 'as asked' },
        inForceAt: T0 + 400,
        sampleToEffect: 400,
      }),
    ]);
    expect(fleet.summary()).toMatchObject({ triggers: 1, plans: 1, applied: 1, failed: 0, p50Ms: 400, p99Ms: 400 });
  });

  it('makes one line when the plan is heard of before the decision', () => {
    const { fleet, see } = aFleet();

    see({ at: T0 - 1_000 });
    fleet.observer.planned(aResizePlan());
    see({ decisions: [aResize()] });

    expect(fleet.view().vms[0]?.decisions).toHaveLength(1);
  });

  it('counts a resize that is only recommended up in its line', () => {
    const { fleet, see } = aFleet();

    for (let second = 0; second < 100; second += 1) {
      see({ at: T0 + second * 1_000, decisions: [aResize({ mode: 'recommend' })] });
    }

    const decisions = fleet.view().vms[0]?.decisions;
    expect(decisions).toHaveLength(1);
    expect(decisions?.[0]).toMatchObject({ at: T0, lastAt: T0 + 99_000, times: 100 });
  });

  it('keeps the newest fifty decisions, newest first', () => {
    const { fleet, see } = aFleet();

    for (let second = 0; second < 80; second += 1) {
      see({ at: T0 + second * 1_000, decisions: [aResize({ from: second, to: second + 1 })] });
    }

    const decisions = fleet.view().vms[0]?.decisions ?? [];
    expect(decisions).toHaveLength(50);
    expect(decisions[0]?.at).toBe(T0 + 79_000);
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(50);
  });

  it('counts a plan and its end once, however often they are told', () => {
    const { fleet, see } = aFleet();
    const plan = aResizePlan();
    see({ decisions: [aResize()] });

    for (let again = 0; again < 3; again += 1) {
      fleet.observer.planned(plan);
      fleet.observer.ended(plan, anOutcome(plan, { state: 'rolled-back', because: 'the host is full' }));
    }

    expect(fleet.summary()).toMatchObject({ plans: 1, applied: 0, rolledBack: 1 });
    expect(fleet.summary().p99Ms).toBeUndefined();
    expect(fleet.view().vms[0]?.decisions).toHaveLength(1);
  });

  it('says that a vm is quiet after five seconds without a frame, and that it runs again with the next one', () => {
    const { fleet, see, clock } = aFleet();
    const state = () => fleet.view().vms[0]?.state;
    see();

    clock.now = T0 + 5_000;
    expect(state()).toBe('running');
    clock.now = T0 + 5_001;
    expect(state()).toBe('quiet');
    see({ at: T0 + 5_000 });
    expect(state()).toBe('running');
  });

  it('shows an ended vm for five minutes and then forgets it', () => {
    const { fleet, see, clock } = aFleet();
    see();

    fleet.observer.lifecycle({ vm: 'kvm1/web', kind: 'ended', at: T0 + 1_000 });
    clock.now = T0 + 60_000;
    expect(fleet.view().vms[0]?.state).toBe('ended');
    clock.now = T0 + 301_001;
    expect(fleet.view().vms).toEqual([]);
    expect(fleet.summary()).toMatchObject({ vms: 1, running: 0 });
  });

  it('forgets the vm heard of longest ago when there are too many', () => {
    const fleet = createFleet({ now: () => T0, maxVms: 2 });

    ['a', 'b', 'c'].forEach((vm, index) => {
      fleet.observer.applied('kvm1', aFrame({ vm, at: T0 + index }));
    });

    expect(fleet.view().vms.map(({ vm }) => vm)).toEqual(['b', 'c']);
    expect(fleet.summary().vms).toBe(3);
  });

  it('shows one vm when asked for one, and none for a stranger', () => {
    const { fleet, see } = aFleet();
    see({ vm: 'kvm1/web' });
    see({ vm: 'kvm1/db' });

    expect(fleet.view('kvm1/db').vms.map(({ vm }) => vm)).toEqual(['kvm1/db']);
    expect(fleet.view('nobody').vms).toEqual([]);
    expect(fleet.view().vms.map(({ name }) => name)).toEqual(['db', 'web']);
  });

  it('tells listeners what was decided and what came of it, and goes on when one of them throws', () => {
    const { fleet, see } = aFleet();
    const plan = aResizePlan();
    const heard: FleetEvent['kind'][] = [];
    fleet.subscribe(() => {
      throw new Error('a broken page');
    });
    const unsubscribe = fleet.subscribe((event) => heard.push(event.kind));

    see({ decisions: [aResize()] });
    fleet.observer.planned(plan);
    fleet.observer.ended(plan, anOutcome(plan));
    fleet.observer.lifecycle({ vm: 'kvm1/web', kind: 'suspended', at: T0 });
    unsubscribe();
    fleet.observer.lifecycle({ vm: 'kvm1/web', kind: 'resumed', at: T0 });

    expect(heard).toEqual(['decided', 'settled', 'lifecycle']);
  });

  it('gives exact nearest-rank latencies of what was applied', () => {
    const { fleet, see } = aFleet();
    see();

    for (let index = 1; index <= 100; index += 1) {
      const plan = aResizePlan({ id: `plan-${index}` });
      fleet.observer.ended(plan, anOutcome(plan, { inForceAt: T0 + index * 10 }));
    }

    expect(fleet.summary()).toMatchObject({ applied: 100, p50Ms: 500, p99Ms: 990 });
  });
});
