import type { MeterForecast } from '../../../lib/core/forecast/forecast.ts';
import { HostDemand, jointSize } from '../../../lib/core/sizing/joint.ts';
import { chance, NOISE } from '../../support/noise-series.ts';

/** Values at .5 .8 .9 .95 .99 .995. */
const aForecast = (values: readonly number[], demand = { low: 1, high: 1 }): MeterForecast => ({
  values,
  demand,
  samples: 100,
});

describe('jointSize', () => {
  const web = aForecast([1, 2, 3, 4, 5, 6]);
  const db = aForecast([2, 2, 2, 2, 8, 9]);

  it('gives the host the quantile of the sum, each vm its median, and shares the rest', () => {
    const size = jointSize(new Map([['web', web], ['db', db]]), aForecast([3, 4, 5, 6, 9, 10])); // prettier-ignore

    expect(size.capacity).toBeCloseTo(9, 9);
    expect([...size.guarantees]).toEqual([['web', 1], ['db', 2]]); // prettier-ignore
    expect(size.headroom).toBeCloseTo(6, 9);
  });

  it('guarantees more where the goal asks for it', () => {
    const size = jointSize(new Map([['web', web]]), aForecast([3, 4, 5, 6, 9, 10]), { risk: 0.05, guarantee: 0.9 });

    expect(size.capacity).toBeCloseTo(6, 9);
    expect(size.guarantees.get('web')).toBeCloseTo(3, 9);
  });

  it('cuts guarantees in proportion where they pass the capacity', () => {
    const size = jointSize(new Map([['web', web], ['db', db]]), aForecast([1.5, 1.5, 1.5, 1.5, 1.5, 1.5])); // prettier-ignore

    expect([...size.guarantees]).toEqual([['web', 0.5], ['db', 1]]); // prettier-ignore
    expect(size.headroom).toBe(0);
  });

  it('lets out a vm that is at its limit, and its host', () => {
    const short = aForecast([1, 1, 1, 1, 1, 1], { low: 1, high: 1.6 });
    const size = jointSize(new Map([['web', short]]), aForecast([1, 1, 1, 1, 1, 1], { low: 1, high: 1.6 }));

    expect(size.capacity).toBeCloseTo(1.24, 9);
    expect(size.guarantees.get('web')).toBeCloseTo(1.24, 9);
  });
});

describe('HostDemand', () => {
  const at = (i: number) => ({ at: (i + 1) * 1000, step: 1000, steps: { lead: 1, hold: 1 } });

  it('knows nothing of a meter that no vm tells about', () => {
    const host = new HostDemand();
    host.observe([{ cpu: { low: 1, high: 1 } }, {}], at(0));

    expect(host.forecast('memory', at(0))).toBeUndefined();
    expect(host.forecast('cpu', at(0))).toMatchObject({ demand: { low: 1, high: 1 }, samples: 1 });
  });

  it('forecasts less for vms that do not peak together than their own forecasts add up to', () => {
    const noises = Array.from({ length: 10 }, (_, v) => NOISE.bursty(chance(v)));
    const together = new HostDemand();
    const alone = noises.map(() => new HostDemand());
    for (let i = 0; i < 600; i += 1) {
      const demands = noises.map((noise) => {
        const value = noise();
        return { cpu: { low: value, high: value } };
      });
      together.observe(demands, at(i));
      for (const [v, own] of alone.entries()) own.observe([demands[v]!], at(i));
    }
    const top = (host: HostDemand): number => host.forecast('cpu', at(599))!.values[4]!;

    expect(top(together)).toBeLessThan(0.8 * alone.reduce((sum, own) => sum + top(own), 0));
  });

  it('holds vms that peak together by as much as their own forecasts add up to', () => {
    const noise = NOISE.bursty(chance(1));
    const [together, one] = [new HostDemand(), new HostDemand()];
    for (let i = 0; i < 600; i += 1) {
      const value = noise();
      const demand = { cpu: { low: value, high: value } };
      together.observe([demand, demand, demand], at(i));
      one.observe([demand], at(i));
    }
    const top = (host: HostDemand): number => host.forecast('cpu', at(599))!.values[4]!;

    expect(top(together)).toBeGreaterThan(3 * top(one) * 0.98);
  });

  it('takes a sum as capped when a vm in it was', () => {
    const host = new HostDemand();
    for (let i = 0; i < 50; i += 1) host.observe([{ cpu: { low: 4, high: 4 } }, { cpu: { low: 1, high: 1 } }], at(i));
    const before = host.forecast('cpu', at(49))!.values[0]!;
    for (let i = 50; i < 80; i += 1)
      host.observe([{ cpu: { low: 1, high: 1.6 } }, { cpu: { low: 1, high: 1 } }], at(i));

    expect(host.forecast('cpu', at(79))!.values[0]).toBeGreaterThanOrEqual(0.99 * before);
  });
});
