import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { RiskPool } from '../../../lib/core/sizing/risk-pool.ts';
import { RISK_BYTES, RiskTracker } from '../../../lib/core/sizing/risk-tracker.ts';
import { NEW_SAMPLES } from '../../../lib/core/sizing/size.ts';

const NEXT = { lead: 1, hold: 1 };
const calm = [1, 1.01, 1.02, 1.03, 1.05, 1.06];
const bursty = [1, 3, 4, 5, 9, 10];
/** Nothing to spend a risk on: the budget itself is the risk. */
const flat = [1, 1, 1, 1, 1, 1];

const aForecast = (values: readonly number[], samples: number): Forecast => ({
  vm: 'a',
  at: 0,
  lead: 1000,
  hold: 1000,
  levels: LEVELS,
  meters: { cpu: { values, demand: { low: 1, high: 1 }, samples } },
});

/** A member of a pool, that is not new any more when `samples` is left out. */
class Vm {
  readonly tracker: RiskTracker;
  #samples: number;

  constructor(pool: RiskPool, samples = NEW_SAMPLES) {
    this.tracker = new RiskTracker(pool);
    this.#samples = samples;
  }

  /** The risk at which its next size is taken, after one sample of `demand`. */
  next(demand: number, values: readonly number[], steps = NEXT): number {
    this.#samples += 1;
    const { risk } = this.tracker.size(aForecast(values, this.#samples), { told: { cpu: demand }, steps });
    return risk.cpu ?? Number.NaN;
  }

  /** The last of several. */
  after(times: number, demand: number, values: readonly number[], steps = NEXT): number {
    let risk = Number.NaN;
    for (let i = 0; i < times; i += 1) risk = this.next(demand, values, steps);
    return risk;
  }
}

describe('RiskTracker', () => {
  it('begins with the risk itself where a window is one sample, and with more where it has several', () => {
    expect(new Vm(new RiskPool(0.01)).next(1, flat)).toBeCloseTo(0.01, 12);
    expect(new Vm(new RiskPool(0.01)).next(1, flat, { lead: 1, hold: 4 })).toBeCloseTo(0.02, 12);
  });

  it('takes less risk after a sample passed the size for its window, and more while none does', () => {
    const [missed, held] = [new Vm(new RiskPool(0.01)), new Vm(new RiskPool(0.01))];
    for (const vm of [missed, held]) vm.next(1, flat);

    expect(missed.next(2, flat)).toBeLessThan(0.01);
    expect(held.next(1, flat)).toBeGreaterThan(0.01);
  });

  it('asks of a size only what its own window brought', () => {
    const vm = new Vm(new RiskPool(0.01));
    const steps = { lead: 3, hold: 2 };
    const first = vm.next(1, flat, steps);

    expect(vm.next(9, flat, steps)).toBe(first);
    expect(vm.next(9, flat, steps)).toBe(first);
    expect(vm.next(9, flat, steps)).toBeLessThan(first);
  });

  it('learns nothing from what is missed while the VM is new', () => {
    const vm = new Vm(new RiskPool(0.01), 0);

    expect(vm.after(NEW_SAMPLES, 2, flat)).toBeCloseTo(0.01, 12);
  });

  it('stands still when the share of missed samples is the risk', () => {
    const vm = new Vm(new RiskPool(0.1));
    let risk = 0;
    for (let i = 0; i < 1000; i += 1) risk = vm.next(i % 10 === 0 ? 2 : 1, flat);

    expect(risk).toBeCloseTo(0.1, 2);
  });

  it('stays within its bounds', () => {
    const vm = new Vm(new RiskPool(0.01));
    const steps = { lead: 1, hold: 5 };

    expect(vm.after(5000, 1, flat, steps)).toBeCloseTo(0.25, 12);
    expect(vm.after(500, 2, flat, steps)).toBeCloseTo(0.002, 12);
  });

  it('spends its risk on forecasts that are steeper than usual', () => {
    const usual = [1, 1.1, 1.2, 1.3, 1.5, 1.6];
    const vm = new Vm(new RiskPool(0.01), 0);
    const before = vm.after(NEW_SAMPLES, 1, usual);

    expect(before).toBeCloseTo(0.01, 2);
    expect(vm.next(1, bursty)).toBeGreaterThan(before);
    expect(vm.next(1, calm)).toBeLessThan(before);
  });

  it('does not learn from a sample that it was not told', () => {
    const vm = new Vm(new RiskPool(0.01));
    vm.next(1, flat);
    vm.tracker.size(aForecast(flat, 100), { told: {}, steps: NEXT });

    expect(vm.tracker.size(aForecast(flat, 100), { told: {}, steps: NEXT }).risk.cpu).toBeCloseTo(0.01, 12);
  });

  it('is the same after it was put away, together with its pool', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [new Vm(pool), new Vm(pool)];
    for (let i = 0; i < 300; i += 1) {
      a.next(i % 50 === 0 ? 2 : 1, calm);
      b.next(i % 70 === 0 ? 12 : 1, bursty);
    }
    const other = new RiskPool(0.01);
    const copies = [a, b].map(({ tracker }) => new RiskTracker(other, tracker.bytes));
    const moment = { told: { cpu: 1 }, steps: NEXT };

    for (const [i, values] of [calm, bursty].entries()) {
      const forecast = aForecast(values, 900);
      expect(copies[i]!.bytes).toHaveLength(RISK_BYTES);
      expect(copies[i]!.size(forecast, moment)).toEqual([a, b][i]!.tracker.size(forecast, moment));
    }
  });
});

describe('a pool', () => {
  it('lets a VM whose last percent is dear be short more often than one for which it is cheap', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [new Vm(pool, 0), new Vm(pool, 0)];
    const [cheap, dear] = Array.from({ length: NEW_SAMPLES }, () => [a.next(1, calm), b.next(1, bursty)]).at(-1)!;

    expect(cheap).toBeLessThan(0.01);
    expect(dear).toBeGreaterThan(0.01);
    expect(dear).toBeLessThan(0.03);
  });

  it('gives VMs of the same shape the same risk, whatever their size', () => {
    const pool = new RiskPool(0.01);
    const [small, large] = [new Vm(pool, 0), new Vm(pool, 0)];
    const thousand = bursty.map((value) => 1000 * value);
    const risks = Array.from({ length: NEW_SAMPLES }, () => [small.next(1, bursty), large.next(1000, thousand)]).at(
      -1,
    )!;

    expect(risks[1]).toBeCloseTo(risks[0]!, 3);
  });

  it('learns from what any member misses', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [new Vm(pool), new Vm(pool)];
    for (const vm of [a, b]) vm.next(1, flat);
    a.next(2, flat);

    expect(b.next(1, flat)).toBeLessThan(0.01);
  });

  it('counts on members that did not come back yet as they were', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [new Vm(pool), new Vm(pool)];
    for (let i = 0; i < 300; i += 1)
      for (const [vm, values] of [
        [a, calm],
        [b, bursty],
      ] as const)
        vm.next(1, values);
    const usual = pool.of('cpu').steepness;
    const other = new RiskPool(0.01);
    new RiskTracker(other, a.tracker.bytes);

    expect(usual).toBeGreaterThan(0.5);
    expect(other.of('cpu').steepness).toBeGreaterThan(usual / 2);
    new RiskTracker(other, b.tracker.bytes);
    expect(other.of('cpu').steepness).toBe(usual);
  });

  it('forgets what it learnt with its last member, and a member that left counts no more', () => {
    const pool = new RiskPool(0.01);
    const [a, b] = [new Vm(pool), new Vm(pool)];
    a.next(1, flat);
    b.after(50, 1, bursty);
    b.next(12, bursty);
    b.tracker.leave();

    expect(pool.of('cpu').steepness).toBe(0);
    expect(pool.of('cpu').learnt).not.toBe(0);
    a.tracker.leave();
    expect(pool.of('cpu').learnt).toBe(0);
  });
});
