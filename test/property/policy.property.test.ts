import fc from 'fast-check';
import { decide, type DecideInput } from '../../lib/core/policy/decide.ts';
import type { MeterDecision } from '../../lib/core/policy/decision.ts';
import { globCovers, globMatches } from '../../lib/core/policy/glob.ts';
import type { MeterContext, PolicyRule } from '../../lib/core/policy/meter-context.ts';
import { NO_MEMORY, type PolicyMemory } from '../../lib/core/policy/policy.ts';
import { RULES } from '../../lib/core/policy/rules.ts';
import { aDecideInput, aPolicy, aVm, NOW, policiesOf, type PolicyParts } from '../support/policy-builders.ts';

/** Every combination of the values of each key. */
function* combinations<T extends object>(values: { readonly [Key in keyof T]: readonly T[Key][] }): Generator<T> {
  const entries = Object.entries(values) as [keyof T, readonly T[keyof T][]][];
  const total = entries.reduce((product, [, list]) => product * list.length, 1);
  for (let index = 0; index < total; index++) {
    const one: Partial<T> = {};
    let rest = index;
    for (const [key, list] of entries) {
      one[key] = list[rest % list.length]!;
      rest = Math.floor(rest / list.length);
    }
    yield one as T;
  }
}

interface Case {
  readonly from: number | undefined;
  readonly to: number;
  readonly range: MeterContext['range'];
  readonly policy: PolicyParts;
  readonly state: MeterContext['state'];
  readonly age: number;
  readonly memory: MeterContext['memory'];
  readonly peak: number;
}

const GRID: { readonly [Key in keyof Case]: readonly Case[Key][] } = {
  from: [undefined, 0, 0.3, 1, 2, 9],
  to: [0, 0.25, 1.5, 3, 12],
  range: [undefined, { min: 0.25, max: 8, step: 0.25 }, { min: 1, max: 4, step: 1 }],
  policy: [
    {},
    { bounds: { min: 1, max: 2.6 }, increase: { step: 0.1, when: { within: 1_000 } }, decrease: { step: 0.1 } },
    { mode: 'recommend', bounds: { max: 0.1 }, increase: { cooldown: 0 } },
  ],
  state: ['active', 'suspended'],
  age: [0, 16_000],
  memory: [{}, { raisedAt: NOW - 1, lowSince: NOW, lowPeak: 1, lowPeakBefore: 1 }, { loweredAt: NOW - 20_000 }],
  peak: [0.1, 2.5],
};

const stateOf = ({ from, to, range, policy, state, age, memory, peak }: Case): [MeterDecision, MeterContext] => {
  const rules = aPolicy(policy).meters.cpu;
  const up = from === undefined || to > from;
  return [
    {
      meter: 'cpu',
      kind: 'resize',
      from,
      to,
      mode: up ? rules.increase.mode : rules.decrease.mode,
      rule: 'sizing',
      because: 'asked',
    },
    {
      meter: 'cpu',
      primary: aVm(),
      state,
      policy: rules,
      stale: 15_000,
      range,
      from,
      horizon: { lead: 5_000, hold: 5_000 },
      demand: { low: 0.1, high: 0.1 },
      samples: 30,
      need: { peak, size: peak, capped: false },
      memory,
      busy: false,
      now: NOW,
      lastAt: NOW - age,
    },
  ];
};

/** Smaller or none at all, in the same direction; a hold keeps what is in force. */
const isNarrower = (after: MeterDecision, before: MeterDecision): boolean => {
  if (after.kind === 'hold') return after.to === after.from && after.from === before.from;
  const change = (before.to ?? 0) - (before.from ?? 0);
  const left = (after.to ?? 0) - (after.from ?? 0);
  return after.from === before.from && left * change >= 0 && Math.abs(left) <= Math.abs(change);
};

describe('the rules, on every combination of a small grid', () => {
  const namesOf = (rule: PolicyRule): [string, PolicyRule] => [rule.name, rule];

  it.each(RULES.map(namesOf))(
    '%s only narrows, and gives back the very decision it has nothing to say about',
    (_name, rule) => {
      for (const one of combinations<Case>(GRID)) {
        const [before, context] = stateOf(one);
        const after = rule(before, context);
        const said = after.kind === 'hold' || after.to !== before.to;
        if (!isNarrower(after, before) || (after !== before) !== said)
          throw new Error(JSON.stringify({ before, after, one }));
      }
    },
  );

  it('leave a decision as it is when they are asked a second time', () => {
    const judge = (decision: MeterDecision, context: MeterContext): MeterDecision =>
      RULES.reduce((left, rule) => (left.kind === 'hold' ? left : rule(left, context)), decision);
    for (const one of combinations<Case>(GRID)) {
      const [asked, context] = stateOf(one);
      const once = judge(asked, context);
      if (judge(once, context) !== once) throw new Error(JSON.stringify({ once, one }));
    }
  });

  it('never let anything pass that is suspended, silent, unknown or out of reach', () => {
    for (const one of combinations<Case>(GRID)) {
      if (one.state === 'active' && one.age === 0 && one.from !== undefined && one.range !== undefined) continue;
      const [asked, context] = stateOf(one);
      const left = RULES.reduce(
        (decision, rule) => (decision.kind === 'hold' ? decision : rule(decision, context)),
        asked,
      );
      if (left.kind !== 'hold') throw new Error(JSON.stringify({ left, one }));
    }
  });
});

const size = fc.double({ min: 0, max: 20, noNaN: true });
const share = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const duration = fc.integer({ min: 0, max: 60_000 });

const policyParts: fc.Arbitrary<PolicyParts> = fc.record({
  increase: fc.record({
    when: fc.record({ increase: share(0.01, 2), confidence: share(0.5, 0.995), samples: fc.constant(1) }),
    step: share(0.05, 3),
    cooldown: duration,
  }),
  decrease: fc.record({
    when: fc.record({ decrease: share(0.01, 0.99), for: duration, samples: fc.constant(1) }),
    step: share(0.05, 1),
    cooldown: duration,
  }),
  bounds: fc.oneof(
    fc.constant({}),
    fc.tuple(size, size).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
  ),
});

const decimal = (value: number): number => Number(value.toPrecision(15));

const range = fc
  .record({
    first: fc.integer({ min: 0, max: 10 }),
    steps: fc.integer({ min: 0, max: 40 }),
    step: fc.constantFrom(0.1, 0.25, 1, 2),
  })
  // As a user writes them: three steps of 0.1 are 0.3 and not 0.30000000000000004.
  .map(({ first, steps, step }) => ({ min: decimal(first * step), max: decimal((first + steps) * step), step }));

const memory: fc.Arbitrary<PolicyMemory> = fc.oneof(
  fc.constant(NO_MEMORY),
  fc.record({
    seenAt: fc.constant(NOW - 1_500),
    meters: fc.record({ cpu: fc.record({ lowSince: fc.constant(NOW - 5_000), lowPeak: size, lowPeakBefore: size }) }),
  }),
);

const sample = fc
  .record({
    values: fc.array(size, { minLength: 6, maxLength: 6 }),
    target: size,
    low: size,
    more: fc.oneof(fc.constant(0), size),
  })
  .map(({ values, target, low, more }) => ({
    peak: values.toSorted((a, b) => a - b),
    target,
    demand: [low, low + more] as const,
  }));

const decidedCpu = (input: DecideInput, policy: PolicyParts): MeterDecision =>
  decide(input, policiesOf(aPolicy(policy))).decision.meters[0]!;

describe('a decision', () => {
  const input = fc
    .record({ sample, from: size, range, memory })
    .map(({ sample: seen, from, range: cpu, memory: remembered }) => ({
      range: cpu,
      input: aDecideInput({ ...seen, from, memory: remembered, primary: aVm({ adjustable: { cpu } }) }),
    }));

  it('puts nothing in force that the actuator cannot set or that is further outside of the bounds than before', () => {
    fc.assert(
      fc.property(input, policyParts, ({ input: one, range: { min, max, step } }, policy) => {
        const { kind, from = 0, to = 0 } = decidedCpu(one, policy);
        if (kind === 'hold') return to === from;
        const steps = to / step;
        const settable = Math.abs(steps - Math.round(steps)) < 1e-9 && (to > from ? to <= max : to >= min);
        const { min: least = 0, max: most = Infinity } = policy.bounds ?? {};
        return settable && (to > from ? to <= most + 1e-9 : to >= least - 1e-9);
      }),
      { numRuns: 500 },
    );
  });

  it('never lowers below what is needed and wanted now', () => {
    fc.assert(
      fc.property(input, policyParts, ({ input: one }, policy) => {
        const { kind, from = 0, to = 0 } = decidedCpu(one, policy);
        const { forecast, target } = one.recommendation;
        return kind === 'hold' || to > from || to >= Math.max(target.cpu!, forecast.meters.cpu!.demand.high) - 1e-9;
      }),
      { numRuns: 500 },
    );
  });

  it('never resizes on silence', () => {
    fc.assert(
      fc.property(input, policyParts, fc.integer({ min: 15_001, max: 1e12 }), ({ input: one }, policy, age) => {
        return decidedCpu({ ...one, lastAt: NOW - age }, policy).kind === 'hold';
      }),
    );
  });

  it('is never smaller for a larger need', () => {
    fc.assert(
      fc.property(size, size, size, range, (a, b, from, cpu) => {
        const primary = aVm({ adjustable: { cpu } });
        const to = (peak: number): number => decidedCpu(aDecideInput({ peak, demand: 0, from, primary }), {}).to!;
        return to(Math.min(a, b)) <= to(Math.max(a, b));
      }),
      { numRuns: 300 },
    );
  });

  it('is the same for the same input, which it leaves as it was', () => {
    fc.assert(
      fc.property(input, policyParts, ({ input: one }, policy) => {
        const before = JSON.stringify(one);
        const set = policiesOf(aPolicy(policy));
        expect(decide(one, set)).toEqual(decide(one, set));
        expect(JSON.stringify(one)).toBe(before);
      }),
    );
  });
});

describe('a run of decisions, each in force at once', () => {
  const step = fc.record({ sample, after: fc.integer({ min: 100, max: 20_000 }) });

  it('keeps the cooldowns, the steps and the quiet time before every decrease', () => {
    fc.assert(
      fc.property(policyParts, fc.array(step, { maxLength: 60 }), range, (parts, steps, cpu) => {
        const policy = aPolicy(parts);
        const { increase, decrease } = policy.meters.cpu;
        const primary = aVm({ adjustable: { cpu } });
        let now = NOW;
        let from = 2;
        let remembered: PolicyMemory = NO_MEMORY;
        let raisedAt = -Infinity;
        let changedAt = -Infinity;
        let lowSince = Infinity;
        let seenAt = -Infinity;
        for (const { sample: seen, after } of steps) {
          now += after;
          const one = aDecideInput({ ...seen, from, now, lastAt: now, memory: remembered, primary });
          const decided = decide(one, policiesOf(policy));
          const { kind, to = 0 } = decided.decision.meters[0]!;
          remembered = decided.memory;
          const isLow = Math.max(seen.target, seen.demand[1]) <= from * (1 - decrease.when.decrease);
          if (!isLow) lowSince = Infinity;
          else if (lowSince === Infinity || now - seenAt > policy.stale) lowSince = now;
          seenAt = now;
          if (kind === 'hold') continue;
          if (to > from) {
            expect(now - raisedAt).toBeGreaterThanOrEqual(increase.cooldown);
            expect(to - from).toBeLessThanOrEqual(Math.max(from * increase.step, 2 * cpu.step) + 1e-9);
            raisedAt = now;
          } else {
            expect(now - changedAt).toBeGreaterThanOrEqual(decrease.cooldown);
            expect(now - lowSince).toBeGreaterThanOrEqual(decrease.when.for);
            expect(from - to).toBeLessThanOrEqual(Math.max(from * decrease.step, 2 * cpu.step) + 1e-9);
          }
          changedAt = now;
          from = to;
          lowSince = Infinity;
        }
      }),
    );
  });
});

describe('globs', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
  const regular = (pattern: string): RegExp =>
    new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');

  it('match what the regular expression of the same meaning matches', () => {
    fc.assert(
      fc.property(glob, letters, (pattern, text) => globMatches(pattern, text) === regular(pattern).test(text)),
      { numRuns: 2_000 },
    );
  });

  it('cover only globs whose every match they match', () => {
    fc.assert(
      fc.property(glob, glob, letters, (outer, inner, text) => {
        return !globCovers(outer, inner) || !globMatches(inner, text) || globMatches(outer, text);
      }),
      { numRuns: 2_000 },
    );
  });
});
