import { PoolProgress, poolsOf } from '../../../lib/cli/backtest-traces.ts';
import type { TraceSeries } from '../../../lib/adapters/trace/csv.ts';

const aVm = (vm: string, rows: number): TraceSeries => ({
  vm,
  times: new Float64Array(rows),
  meters: {},
  cpuCapacity: undefined,
  memoryCapacity: undefined,
});

describe('pools of VMs', () => {
  const namesOf = async (vms: readonly TraceSeries[], most: number): Promise<string[][]> => {
    const pools: string[][] = [];
    for await (const pool of poolsOf(vms, most)) pools.push(pool.map(({ vm }) => vm));
    return pools;
  };

  it('hold as many in their order as fit', async () => {
    const vms = [aVm('a', 3), aVm('b', 3), aVm('c', 4), aVm('d', 1)];

    expect(await namesOf(vms, 6)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(await namesOf(vms, 100)).toEqual([['a', 'b', 'c', 'd']]);
    expect(await namesOf([], 6)).toEqual([]);
  });

  it('have at least one VM, however long', async () => {
    expect(await namesOf([aVm('a', 10), aVm('b', 10)], 6)).toEqual([['a'], ['b']]);
  });
});

describe('progress of pools', () => {
  it('is half reading and half replaying', () => {
    const told: [number, number][] = [];
    const progress = new PoolProgress((bytes, of) => told.push([bytes, of]));

    progress.read(10, 40);
    progress.replayed(0.5);
    progress.replayed(1);
    progress.read(40, 40);
    progress.replayed(1);

    expect(told).toEqual([
      [10, 80],
      [15, 80],
      [20, 80],
      [50, 80],
      [80, 80],
    ]);
  });
});
