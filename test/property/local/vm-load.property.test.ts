import fc from 'fast-check';
import { demandOf } from '../../../lib/core/demand/demand.ts';
import { frameOfLoad } from '../../../lib/local/host/frame-of-load.ts';
import { MAX_QUEUE_SECONDS, VmLoad } from '../../../lib/local/host/vm-load.ts';

const MIB = 2 ** 20;
/** Work in sixteenths, so that sums are exact. */
const amount = (max: number) => fc.integer({ min: 0, max: max * 16 }).map((n) => n / 16);
const limit = fc.integer({ min: 1, max: 8 * 4 }).map((n) => n / 4);
const seconds = fc.array(amount(16), { minLength: 1, maxLength: 60 });

describe('vm load', () => {
  it('does all work, or lets it wait, or gives it up: none comes from nowhere and none vanishes', () => {
    fc.assert(
      fc.property(seconds, limit, (demands, cpu) => {
        const load = new VmLoad();
        let last = 0;
        const sum = { wanted: 0, done: 0, lost: 0 };
        for (const wanted of demands) {
          load.pass({ cpu: wanted }, { cpu }, 1);
          const served = load.take().served.cpu!;
          expect(served.done).toBeLessThanOrEqual(cpu);
          expect(served.done).toBe(Math.min(cpu, wanted + last));
          last = served.waiting;
          expect(last).toBeLessThanOrEqual(MAX_QUEUE_SECONDS * cpu);
          sum.wanted += wanted;
          sum.done += served.done;
          sum.lost += served.lost;
        }

        expect(sum.done + sum.lost + last).toBe(sum.wanted);
      }),
    );
  });

  it('does as much over a time in one piece as in many', () => {
    fc.assert(
      fc.property(amount(16), limit, fc.integer({ min: 1, max: 16 }), (wanted, cpu, pieces) => {
        const whole = new VmLoad();
        const parts = new VmLoad();

        whole.pass({ cpu: wanted }, { cpu }, 1);
        for (let n = 0; n < pieces; n += 1) parts.pass({ cpu: wanted }, { cpu }, 1 / pieces);

        expect(parts.take().served.cpu!.done).toBeCloseTo(whole.take().served.cpu!.done, 9);
      }),
    );
  });

  it('is as if never limited within seconds of a limit that fits', () => {
    fc.assert(
      fc.property(seconds, limit, amount(4), (demands, cpu, wanted) => {
        const load = new VmLoad();
        for (const demand of demands) load.pass({ cpu: demand }, { cpu }, 1);
        const enough = wanted + MAX_QUEUE_SECONDS * cpu;
        load.pass({ cpu: wanted }, { cpu: enough }, 1);
        load.take();

        load.pass({ cpu: wanted }, { cpu: enough }, 1);

        expect(load.take().served.cpu).toMatchObject({ done: wanted, waiting: 0, lost: 0 });
      }),
    );
  });
});

describe('the frame of a load', () => {
  const meters = fc.record({
    cpu: amount(8),
    memory: fc.integer({ min: 1, max: 4096 }).map((n) => n * MIB),
    disk_read: fc.integer({ min: 0, max: 500 * MIB }),
    disk_write: fc.integer({ min: 0, max: 500 * MIB }),
    net_rx: fc.integer({ min: 0, max: 500 * MIB }),
    net_tx: fc.integer({ min: 0, max: 500 * MIB }),
  });
  const limits = fc.record({
    cpu: limit,
    memory: fc.integer({ min: 2, max: 64 }).map((n) => n * 64 * MIB),
    disk_read: fc.integer({ min: 1, max: 1000 }).map((n) => n * MIB),
    disk_write: fc.integer({ min: 1, max: 1000 }).map((n) => n * MIB),
    net_rx: fc.integer({ min: 1, max: 1000 }).map((n) => n * MIB),
    net_tx: fc.integer({ min: 1, max: 1000 }).map((n) => n * MIB),
  });
  const options = { vm: 'vm', at: 1000, interval: 1000, vcpus: 16 };

  it('shows what was wanted exactly where it fits, and a range from the limit on that reaches it where it does not', () => {
    fc.assert(
      fc.property(meters, limits, (wanted, allocation) => {
        const load = new VmLoad();
        load.pass(wanted, allocation, 1);

        const seen = demandOf(frameOfLoad(load.take(), { ...options, allocation }));

        for (const [name, limited] of Object.entries(allocation)) {
          const meter = name as keyof typeof allocation;
          const { low, high } = seen[meter]!;
          const fits = wanted[meter] <= limited;
          const rounding = 2e-6 * limited + 1;
          if (fits) expect(Math.abs(low - wanted[meter])).toBeLessThanOrEqual(rounding);
          if (!fits) {
            expect(Math.abs(low - limited)).toBeLessThanOrEqual(rounding);
            // Beyond one and a half of the limit the estimate of demand does not follow: how much more is not to be seen.
            expect(high).toBeGreaterThanOrEqual(Math.min(wanted[meter], 1.5 * limited) - rounding);
          }
        }
      }),
    );
  });

  it('has only whole values that are not negative', () => {
    fc.assert(
      fc.property(fc.array(meters, { minLength: 1, maxLength: 5 }), limits, (demands, allocation) => {
        const load = new VmLoad();
        for (const demand of demands) load.pass(demand, allocation, 0.7);

        const frame = frameOfLoad(load.take(), { ...options, allocation });

        const numbers = [frame.values, ...(frame.disks ?? []), ...(frame.nics ?? [])].flatMap((part) =>
          Object.values(part as Record<string, unknown>).filter((value) => typeof value === 'number'),
        );
        expect(numbers.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
      }),
    );
  });

  it('leaves out what the recording does not know', () => {
    const load = new VmLoad();
    load.pass({ cpu: 1 }, { cpu: 2, memory: MIB }, 1);

    const frame = frameOfLoad(load.take(), { ...options, allocation: { cpu: 2, memory: MIB } });

    expect(Object.keys(frame.values).sort()).toEqual([
      'cpuCount',
      'cpuRunUs',
      'cpuSomeUs',
      'cpuWaitUs',
      'runnableTasks',
    ]);
    expect(frame).not.toHaveProperty('disks');
    expect(frame).not.toHaveProperty('nics');
  });
});
