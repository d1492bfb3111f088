import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { backtestCommand } from '../../../lib/cli/backtest.ts';
import { forecastCommand } from '../../../lib/cli/forecast.ts';

const HEADER = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';

/** Rows one second apart of a VM with a wave of cpu and a spike each minute; memory is unknown, disk reads are zero. */
function rows(vm: string, n: number): string[] {
  return Array.from({ length: n }, (_, i) => {
    const cpu = 1 + (i % 20) / 20 + (i % 60 === 59 ? 2 : 0);
    return `${1_700_000_000 + i},${vm},${cpu},8,,,0,${i % 7},,`;
  });
}

describe('shadowcast backtest', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shadowcast-'));
    await mkdir(join(folder, 'out'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const write = async (name: string, lines: readonly string[]): Promise<string> => {
    await writeFile(join(folder, name), `${[HEADER, ...lines].join('\n')}\n`);
    return join(folder, name);
  };
  const backtest = async (trace: string, ...options: string[]): Promise<string[]> => {
    const out = join(folder, 'out', 'alloc.csv');
    await backtestCommand().parseAsync(['--trace', trace, '--out', out, '--json', ...options], { from: 'user' });
    return (await readFile(out, 'utf8')).trim().split('\n');
  };

  it('writes a page on what would have changed', async () => {
    const page = join(folder, 'out', 'report.html');

    await backtest(await write('a.csv', rows('a', 200)), '--warm-up', '30s', '--report', page);

    const html = await readFile(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/NaN|undefined/);
  });

  it('writes the capacity in force at each sample, empty while nothing was decided', async () => {
    const lines = await backtest(await write('a.csv', rows('a', 100)), '--lead', '5s', '--hold', '5s');

    expect(lines[0]).toBe('time,vm,cpu,memory,disk_read,disk_write,net_rx,net_tx');
    expect(lines).toHaveLength(101);
    expect(lines[5]).toBe('1700000004,a,,,,,,');
    expect(lines[6]).toMatch(/^1700000005,a,[\d.]+,,0,[\d.]+,,$/);
  });

  it('changes at most once per hold time', async () => {
    const lines = await backtest(await write('a.csv', rows('a', 300)), '--lead', '5s', '--hold', '5s');

    const cpu = lines.slice(6).map((line) => line.split(',')[2]);
    const changes = [...cpu.keys()].filter((i) => i > 0 && cpu[i] !== cpu[i - 1]);
    expect(changes.length).toBeGreaterThan(10);
    for (const [i, at] of changes.entries()) expect(at - (changes[i - 1] ?? -5)).toBeGreaterThanOrEqual(5);
  });

  it('decides the same before a cut as without it', async () => {
    const all = rows('a', 400);
    const whole = await backtest(await write('whole.csv', all), '--risk', '0.05,0.01');

    for (const cut of [1, 2, 7, 150, 399]) {
      const part = await backtest(await write('part.csv', all.slice(0, cut)), '--risk', '0.05,0.01');
      expect(part).toEqual(whole.slice(0, 1 + 2 * cut));
    }
  });

  it('does not know a sample before its lead time is over', async () => {
    const plain = rows('a', 200);
    const changed = plain.map((row, i) => (i < 150 ? row : row.replace(/^(\d+),a,[\d.]+/, '$1,a,7')));

    const before = await backtest(await write('plain.csv', plain), '--lead', '8s', '--hold', '1s');
    const after = await backtest(await write('changed.csv', changed), '--lead', '8s', '--hold', '1s');

    expect(after.slice(0, 1 + 158)).toEqual(before.slice(0, 1 + 158));
    expect(after[1 + 158]).not.toBe(before[1 + 158]);
  });

  it('adds a risk column for several risks, with more capacity for less risk', async () => {
    const lines = await backtest(await write('a.csv', rows('a', 300)), '--risk', '0.2,0.01');

    expect(lines[0]).toMatch(/,risk$/);
    const [often, seldom] = lines.slice(-2).map((line) => line.split(','));
    expect([often?.[8], seldom?.[8]]).toEqual(['0.2', '0.01']);
    expect(Number(seldom?.[2])).toBeGreaterThan(Number(often?.[2]));
  });

  it('takes all traces of a folder', async () => {
    await write('a.csv', rows('a', 30));
    await write('b.csv', [...rows('b', 20), ...rows('c', 10)]);

    const lines = await backtest(folder);

    expect(new Set(lines.slice(1).map((line) => line.split(',')[1]))).toEqual(new Set(['a', 'b', 'c']));
    expect(lines).toHaveLength(61);
  });

  it('shares the risk among the VMs of a set, or leaves each its own', async () => {
    const calm = rows('calm', 400);
    const wild = rows('wild', 400).map((row, i) =>
      i % 37 === 0 ? row.replace(/^(\d+),wild,[\d.]+/, '$1,wild,7') : row,
    );
    await write('a.csv', calm);
    await write('b.csv', wild);
    const own = await backtest(await write('b.csv', wild), '--risk-of', 'vm');

    const single = await backtest(folder, '--risk-of', 'vm');
    const shared = await backtest(folder);

    expect(single.slice(401)).toEqual(own.slice(1));
    expect(shared.slice(401)).not.toEqual(own.slice(1));
    expect(await backtest(join(folder, 'b.csv'))).toEqual(own);
  });

  it('decides the same before a moment whatever the VMs of a set do after it', async () => {
    const [a, b] = [rows('a', 300), rows('b', 300)];
    await write('a.csv', a);
    await write('b.csv', b);
    const whole = await backtest(folder);
    await write('a.csv', a.slice(0, 200));
    await write('b.csv', b.slice(0, 200));

    const cut = await backtest(folder);

    expect(cut.slice(1, 201)).toEqual(whole.slice(1, 201));
    expect(cut.slice(201)).toEqual(whole.slice(301, 501));
  });

  it('begins a VM with what earlier ones of its image have shown', async () => {
    /** Idle for ten seconds, then busy; its limits are not known. */
    const life = (vm: string, from: number): string[] =>
      Array.from(
        { length: 300 },
        (_, i) => `${1_700_000_000 + from + i},${vm},${i < 10 ? 0.1 : 5 + (i % 7) / 7},,,,,,,`,
      );
    await write('a.csv', life('web-1', 0));
    await write('b.csv', life('web-2', 400));
    const atTenth = async (...options: string[]): Promise<number> =>
      Number((await backtest(folder, ...options))[1 + 300 + 10]?.split(',')[2]);

    expect(await atTenth('--image', '^web')).toBeGreaterThan(4);
    expect(await atTenth('--image', '^web-\\d')).toBeLessThan(2);
    expect(await atTenth()).toBeLessThan(2);
  });

  it('shows its progress on a terminal', async () => {
    const trace = await write('a.csv', rows('a', 30));
    const terminal = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 80,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const out = join(folder, 'out', 'alloc.csv');

    await backtestCommand(terminal).parseAsync(['--trace', trace, '--out', out, '--json'], { from: 'user' });

    expect(String(terminal.read())).toContain('100 %');
  });

  it('fits sampling steps other than the hold time, with gaps', async () => {
    const gappy = Array.from({ length: 120 }, (_, i) => `${i * 300 + (i > 60 ? 86_400 : 0)},a,${1 + (i % 3)},,,,,,,`);

    const lines = await backtest(await write('a.csv', gappy), '--lead', '5m', '--hold', '5m');

    expect(lines[1]).toMatch(/^0,a,,/);
    expect(lines[2]).toMatch(/^300,a,[1-9]\.\d+,/);
  });

  it.each([
    ['no trace', ['--trace', '/nowhere/at-all.csv'], 'USAGE'],
    ['a risk of none', ['--risk', '0'], 'USAGE'],
    ['a lead without unit', ['--lead', '5'], 'USAGE'],
    ['an image that is no pattern', ['--image', '('], 'USAGE'],
  ])('refuses %s', async (_what, options, code) => {
    const trace = await write('a.csv', rows('a', 3));

    await expect(backtest(trace, ...options)).rejects.toMatchObject({ code });
  });

  it('refuses a file that is no trace, naming it', async () => {
    await writeFile(join(folder, 'io.csv'), 'version,time,op,size,lbn\n1,2,3,4,5\n');

    await expect(backtest(join(folder, 'io.csv'))).rejects.toMatchObject({ code: 'CSV_HEADER' });
  });

  it('writes forecasts that rise with the quantile', async () => {
    const out = join(folder, 'f.csv');
    const trace = await write('a.csv', rows('a', 120));

    await forecastCommand().parseAsync(
      ['--trace', trace, '--lead', '5s', '--hold', '5s', '--every', '10s', '--quantiles', '0.9,0.5', '--out', out],
      { from: 'user' },
    );

    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('time,vm,resource,quantile,value');
    const cpu = lines.filter((line) => line.includes(',cpu,')).map((line) => line.split(',').map(Number));
    expect(cpu).toHaveLength(24);
    expect(cpu[2]?.[0]).toBe(1_700_000_010);
    expect(cpu.at(-1)?.[4]).toBeGreaterThanOrEqual(cpu.at(-2)?.[4] ?? Infinity);
  });

  it('refuses to forecast below the median', async () => {
    const trace = await write('a.csv', rows('a', 3));
    const options = ['--trace', trace, '--quantiles', '0.1', '--out', join(folder, 'f.csv')];

    await expect(forecastCommand().parseAsync(options, { from: 'user' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
