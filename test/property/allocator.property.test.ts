import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocate } from '../../agent/allocator/allocate.ts';
import { fileFences } from '../../agent/allocator/fences.ts';
import { parsePlan } from '../../agent/allocator/parse-plan.ts';
import { PATIENCE } from '../../agent/allocator/read-back.ts';
import { memoryHypervisor } from '../../lib/adapters/memory/hypervisor.ts';
import { Fault, isFault } from '../../lib/core/fault.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Allocation } from '../../lib/core/meter.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';
import { aPlan } from '../support/builders.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const MIB = 2 ** 20;
const BEFORE: Allocation = { cpu: 4, memory: 1_024 * MIB, disk_read: 8 * MIB, disk_write: 8 * MIB, net_rx: 8 * MIB };

describe('the allocator, whatever comes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'allocator-laws-'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  let host = 0;

  const aHost = () => {
    const hypervisor = memoryHypervisor();
    hypervisor.start('kvm1/web', BEFORE);
    const clock = steppingClock();
    const fences = fileFences({
      directory: join(directory, String((host += 1))),
      clock,
      holder: { pid: 1, started: '1', boot: 'b' },
      isAlive: () => false,
      patience: PATIENCE.claim,
    });
    return { hypervisor, deps: { hypervisor, clock, fences, hostRules: { host: 'kvm1', stall: PATIENCE.stall } } };
  };
  const amounts = fc.integer({ min: 1, max: 64 });
  const sets: fc.Arbitrary<Allocation> = fc
    .record(
      { cpu: amounts, memory: amounts, disk_read: amounts, disk_write: amounts, net_rx: amounts, net_tx: amounts },
      { requiredKeys: [] },
    )
    .filter((set) => Object.keys(set).length > 0)
    .map((set) => {
      const scaled = Object.entries(set).map(([meter, n]) => [meter, meter === 'cpu' ? n : n * 64 * MIB]);
      return Object.fromEntries(scaled) as Allocation;
    });
  const troubles = fc.record({
    failAt: fc.option(fc.nat(5), { nil: undefined }),
    stuck: fc.option(fc.constantFrom(...METERS), { nil: undefined }),
    lag: fc.nat(3),
  });

  it('puts a plan in force whole or leaves what was in force, and says which', async () => {
    await fc.assert(
      fc.asyncProperty(sets, troubles, async (set, { failAt, stuck, lag }) => {
        const { hypervisor, deps } = aHost();
        hypervisor.delay(lag);
        // no lower than what was in force, so that the way back is open
        if (stuck !== undefined) hypervisor.stick(stuck, BEFORE[stuck] ?? 0);
        let calls = 0;
        const failing = {
          ...hypervisor,
          set: (vm: string, limits: Allocation) =>
            (calls += 1) === (failAt ?? -1) + 1
              ? Promise.reject(new Fault('ACT_FAILED', 'trouble'))
              : hypervisor.set(vm, limits),
        };

        const outcome = await allocate(aPlan({ fence: 1, set, from: {} }), { ...deps, hypervisor: failing });

        const inForce = await hypervisor.read('kvm1/web');
        expect(['applied', 'rolled-back']).toContain(outcome.state);
        expect(inForce).toEqual(outcome.state === 'applied' ? { ...BEFORE, ...set } : BEFORE);
        for (const meter of METERS) if (meter in set) expect(outcome.inForce[meter]).toBe(inForce[meter]);
      }),
      {
        numRuns: 60,
        examples: [
          [
            { cpu: 1, memory: 64 * MIB, net_tx: 64 * MIB },
            { failAt: 3, stuck: 'cpu', lag: 0 },
          ],
        ],
      },
    );
  });

  it('applies fences in growing order only, and every plan once', async () => {
    const plans = fc.array(fc.record({ fence: fc.integer({ min: 1, max: 12 }), cpu: amounts }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(plans, async (arriving) => {
        const { hypervisor, deps } = aHost();
        let highest = 0;
        let wanted = BEFORE.cpu;
        for (const { fence, cpu } of arriving) {
          const plan = aPlan({ id: `plan-${fence}-${cpu}`, fence, set: { cpu }, from: {} });
          const repeated = await allocate(plan, deps);
          if (fence > highest) {
            expect(repeated.state).toBe('applied');
            [highest, wanted] = [fence, cpu];
          } else if (repeated.state === 'applied') expect([fence, cpu]).toEqual([highest, wanted]);
        }
        expect(await hypervisor.read('kvm1/web')).toMatchObject({ cpu: wanted });
      }),
      { numRuns: 25 },
    );
  });

  it('answers any text with a plan within its bounds or PLAN_REFUSED', () => {
    const value = fc.jsonValue();
    const nearPlan = fc
      .record({ set: value, from: value, fence: value, vm: value, expiresAt: value }, { requiredKeys: [] })
      .map((parts) => JSON.stringify({ ...aPlan({ fence: 1 }), ...(parts as Partial<Plan>) }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), nearPlan), (text) => {
        try {
          const plan = parsePlan(text);
          for (const amount of Object.values(plan.set)) expect(Number.isFinite(amount) && amount > 0).toBe(true);
        } catch (thrown) {
          expect(isFault(thrown) && thrown.code).toBe('PLAN_REFUSED');
        }
      }),
    );
  });
});
