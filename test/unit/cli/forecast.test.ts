import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { forecastCommand } from '../../../lib/cli/forecast.ts';

const FIRST = 1_700_000_100;

/** Five-minute rows of a VM with a pattern of an hour; disk reads are known at every second row, network never. */
const rows = (vm: string, n: number): string[] =>
  Array.from({ length: n }, (_, i) => `${FIRST + 300 * i},${vm},${1 + (i % 12)},4,1000000,,${i % 2 ? '' : 5},,,`);

describe('shadowcast forecast --horizon', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shadowcast-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const write = async (lines: readonly string[]): Promise<string> => {
    const header = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';
    await writeFile(join(folder, 'trace.csv'), `${[header, ...lines].join('\n')}\n`);
    return join(folder, 'trace.csv');
  };
  const forecast = async (trace: string, ...options: string[]): Promise<string[]> => {
    const out = join(folder, 'out.csv');
    await forecastCommand(new PassThrough()).parseAsync(['--trace', trace, '--out', out, ...options], { from: 'user' });
    return (await readFile(out, 'utf8')).trim().split('\n');
  };

  it('writes each quantile of each step of every known meter, for each vm and time', async () => {
    const trace = await write([...rows('a', 60), ...rows('b', 60)]);
    const at = FIRST + 40 * 300;
    const lines = await forecast(trace, '--horizon', '1h', '--at', `${at},${at + 3000}`);

    expect(lines[0]).toBe('time,vm,resource,step_time,quantile,value');
    expect(lines).toHaveLength(1 + 2 * 2 * 3 * 12 * 9);
    const cells = lines.slice(1).map((line) => line.split(','));
    expect(new Set(cells.map(([, , resource]) => resource))).toEqual(new Set(['cpu', 'memory', 'disk_read']));
    expect(cells[0]!.slice(0, 5)).toEqual([`${at}`, 'a', 'cpu', `${at + 300}`, '0.1']);
    expect(cells[12 * 9 - 1]!.slice(0, 5)).toEqual([`${at}`, 'a', 'cpu', `${at + 12 * 300}`, '0.9']);
    for (const [i, [, , , , quantile, value]] of cells.entries())
      if (quantile !== '0.1') expect(Number(value)).toBeGreaterThanOrEqual(Number(cells[i - 1]![5]));
  });

  it('reads times in ISO 8601 and any step that is a multiple of the sampling', async () => {
    const trace = await write(rows('a', 90));
    const at = new Date((FIRST + 60 * 300) * 1000).toISOString();
    const lines = await forecast(trace, '--horizon', '1h', '--step', '15m', '--at', at, '--quantiles', '0.5,0.99');

    const cpu = lines
      .slice(1)
      .map((line) => line.split(','))
      .filter(([, , resource]) => resource === 'cpu');
    expect(cpu.map(([, , , stepTime, quantile]) => `${Number(stepTime) - FIRST - 60 * 300} ${quantile}`)).toEqual([
      '900 0.5',
      '900 0.99',
      '1800 0.5',
      '1800 0.99',
      '2700 0.5',
      '2700 0.99',
      '3600 0.5',
      '3600 0.99',
    ]);
  });

  it('does not look at samples after the time', async () => {
    const at = `${FIRST + 60 * 300}`;
    const whole = await forecast(await write(rows('a', 90)), '--horizon', '1h', '--at', at);
    const changed = rows('a', 90).map((row, i) => (i > 60 ? row.replace(/,a,[^,]+/, ',a,99') : row));

    expect(await forecast(await write(changed), '--horizon', '1h', '--at', at)).toEqual(whole);
  });

  it.each([
    [['--horizon', '4h'], /--horizon needs --at/],
    [['--at', '1'], /--at needs --horizon/],
    [['--step', '5m'], /--step needs --horizon/],
    [['--horizon', '4h', '--at', '1', '--hold', '5s'], /--hold got a value beside --horizon/],
    [['--horizon', '7m', '--at', `${FIRST}`], /--horizon got 7m, wanted a multiple of --step 5m/],
    [['--horizon', '0s', '--at', `${FIRST}`], /--horizon got 0s/],
    [['--horizon', '4h', '--at', 'noon'], /--at got "noon", wanted seconds or ISO 8601/],
    [['--horizon', '4h', '--at', ''], /--at got ""/],
    [['--horizon', '4h', '--at', `${FIRST}`, '--quantiles', '1'], /--quantiles got "1"/],
    [['--horizon', '28m', '--step', '7m', '--at', `${FIRST}`], /--step got 420s, but a has a sample every 300s/],
    [['--horizon', '10m', '--step', '1m', '--at', `${FIRST}`], /--step got 60s, but a has a sample every 300s/],
    [['--horizon', '4h', '--at', '5'], /--at 5: no vm of .* has a sample until then/],
  ])('refuses %j', async (options, message) => {
    const trace = await write(rows('a', 30));

    await expect(forecast(trace, ...options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    });
  });
});
