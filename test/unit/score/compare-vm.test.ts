import type { UseSeries } from '../../../lib/core/shadow/replay-series.ts';
import {
  compareOurs,
  comparePeers,
  withPeers,
  type CompareTerms,
  type VmComparison,
} from '../../../lib/core/score/compare-vm.ts';
import { compareSet } from '../../../lib/core/score/compare-set.ts';
import { ruleCatalog } from '../../../lib/core/score/rule-catalog.ts';
import { vmChart } from '../../../lib/core/score/vm-chart.ts';
import { vmTraits } from '../../../lib/core/score/vm-traits.ts';

const terms: CompareTerms = {
  horizon: { lead: 5000, hold: 1000 },
  warmUp: 60_000,
  risks: [0.1, 0.05, 0.01],
  meters: ['cpu', 'memory', 'net_tx'],
};

function aVm(vm: string, n = 300): UseSeries {
  const cpu = Float64Array.from({ length: n }, (_, i) =>
    i % 50 === 49 ? Number.NaN : 1 + (i % 20) / 20 + (i % 60 === 59 ? 2 : 0),
  );
  const memory = Float64Array.from({ length: n }, (_, i) => 1e9 + 1e6 * (i % 30));
  return {
    vm,
    times: Float64Array.from({ length: n }, (_, i) => 1000 * i),
    meters: { cpu, memory, disk_read: cpu, net_tx: new Float64Array(n) },
  };
}

const compare = (...pool: readonly UseSeries[]): VmComparison[] =>
  compareOurs(pool, terms).map((ours, i) => withPeers(ours, comparePeers(pool[i]!, terms)));

describe('the comparison of one VM', () => {
  const [found] = compare(aVm('a')) as [VmComparison];

  it('has every rule on the meters that were asked for and have demand', () => {
    expect(Object.keys(found.meters)).toEqual(['cpu', 'memory']);
    expect(Object.keys(found.meters.cpu!.scores)).toEqual(ruleCatalog(terms.risks).map(({ id }) => id));
  });

  it('scores known samples after the warm-up', () => {
    expect(found.meters.memory!.samples).toBe(240);
    expect(found.meters.cpu!.samples).toBe(240 - 5);
    expect(found.meters.cpu!.windows).toBe(found.meters.cpu!.samples);
  });

  it('gives no figure that is not a number', () => {
    for (const { scores } of Object.values(found.meters))
      for (const { worth } of Object.values(scores)) expect(worth.every(Number.isFinite)).toBe(true);
  });
});

describe('the comparison of a set', () => {
  const prices = { source: 'test', date: '2026-01-01', perUnitHour: { cpu: 0.04 } };
  const vms = compare(...['a', 'b', 'c'].map((vm) => aVm(vm)));
  const { set, orders } = compareSet('web', vms, { terms, prices, chartOf: 'b' });

  it('says what was compared', () => {
    expect(set).toMatchObject({
      name: 'web',
      vms: 3,
      samples: 900,
      stepSeconds: 1,
      leadSeconds: 5,
      holdSeconds: 1,
      warmUpSeconds: 60,
    });
    expect(set.meters.map(({ meter }) => meter)).toEqual(['cpu', 'memory']);
  });

  it('gives the violation rate and the coverage that were realised', () => {
    const [{ calibration, coverage, rules }] = set.meters as [(typeof set.meters)[0]];
    expect(calibration.map(({ risk }) => risk)).toEqual(terms.risks);
    expect(calibration[0]!.violationRate).toBe(rules[0]!.frontier[0]!.violationRate);
    expect(coverage.map(({ level }) => level)).toEqual([0.5, 0.8, 0.9, 0.95, 0.99, 0.995]);
    for (const { covered } of coverage) expect(covered).toBeLessThanOrEqual(1);
  });

  it('draws the VM that was asked for, lowest and highest of each slice', () => {
    const order = orders.find(({ meter, why }) => meter === 'cpu' && why === 'asked for')!;
    const chart = vmChart(aVm('b'), terms, order)!;

    expect(order.vm).toBe('b');
    expect(chart.times).toHaveLength(chart.demand.length);
    expect(chart.quantiles.map(({ values }) => values.length)).toEqual(
      Array.from({ length: 6 }, () => chart.times.length),
    );
    for (let i = 0; i < chart.demand.length; i += 2) expect(chart.demand[i]!).toBeLessThanOrEqual(chart.demand[i + 1]!);
    expect(Math.max(...chart.demand.map((value) => value ?? 0))).toBe(1 + 19 / 20 + 2);
  });
});

describe('the traits of a VM', () => {
  const traitsOf = (values: readonly number[], rows = values.length) => {
    const demand = Float64Array.from(values);
    const times = demand.map((_, i) => 1000 * i);
    const column = Int32Array.from(values, (_, i) => i);
    return vmTraits(
      { times, demand, own: column, row: column, seen: column, from: 0, step: 1000 },
      rows,
      demand.map((value) => value + 1),
    );
  };

  it('tell bursts, shifts, holes and idle time apart', () => {
    const steady = Array.from({ length: 200 }, () => 1);
    expect(traitsOf(steady, 400)).toEqual({
      burstShare: 0,
      levelShifts: 0,
      holes: 0.5,
      coldStart: expect.closeTo(0.1),
      zeros: 0,
    });
    expect(traitsOf([...steady, 200]).burstShare).toBeCloseTo(0.5);
    expect(traitsOf([...steady, ...steady.map(() => 3), ...steady.map(() => 1)]).levelShifts).toBe(2);
    expect(traitsOf([...steady, ...steady.map(() => 0)]).zeros).toBe(0.5);
  });
});
