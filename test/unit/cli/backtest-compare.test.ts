import { jest } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { compare, type CompareOptions } from '../../../lib/cli/compare.ts';
import { backtestCommand } from '../../../lib/cli/backtest.ts';
import { readPrices } from '../../../lib/cli/price-list.ts';
import { setTimes } from '../../../lib/cli/compare-terms.ts';
import type { Comparison } from '../../../lib/core/score/comparison.ts';
import { DAY_MS, MINUTE_MS } from '../../../lib/core/units.ts';
import { tempDirs } from '../../support/temp-dir.ts';

jest.setTimeout(60_000);

interface BacktestSummary {
  readonly risks: readonly {
    readonly risk: number;
    readonly meters: { readonly cpu: Record<'violationRate' | 'unserved' | 'slack', number> };
  }[];
}

const newDir = tempDirs();
const HEADER = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';

/** A VM with a wave of cpu and a spike now and then; memory is unknown in one row of ten. */
function rows(vm: string, n: number, step = 1): string[] {
  return Array.from({ length: n }, (_, i) => {
    const cpu = 1 + (i % 20) / 20 + (i % 97 === 96 ? 2 : 0) + vm.length / 10;
    return `${1_700_000_000 + i * step},${vm},${cpu},8,${i % 10 === 9 ? '' : 1e9 + 1e6 * (i % 7)},4e9,,,,`;
  });
}

async function aSet(name: string, vms: readonly string[], n = 160): Promise<string> {
  const dir = join(newDir(), name);
  await mkdir(dir);
  for (const vm of vms) await writeFile(join(dir, `${vm}.csv`), `${[HEADER, ...rows(vm, n)].join('\n')}\n`);
  return dir;
}

async function run(
  trace: string,
  other: Partial<CompareOptions> = {},
): Promise<{ comparison: Comparison; text: string }> {
  const out = new PassThrough();
  const options = { trace, lead: 'auto', hold: 'auto', warmUp: 'auto', workers: '0', ...other };
  const comparison = await compare(options, { out, errors: new PassThrough() });
  return { comparison, text: String(out.read()) };
}

describe('shadowcast backtest --compare', () => {
  it('prints a table of all rules for each set and meter, ours first', async () => {
    const { text } = await run(`${await aSet('web', ['a', 'bb'])},${await aSet('batch', ['c'])}`, { vms: '1' });

    expect(text).toMatch(/^web: 1 VMs, 160 samples; step 1 s, lead 5 s, hold 1 s, warm-up 30 s\n {2}cpu, 1 VMs/);
    expect(text).toContain('\n* Shadowcast ');
    expect(text).toContain('Kubernetes VPA');
    expect(text).toContain('batch: 1 VMs');
    expect(text).toMatch(/\n2 sets in \d+ s, \d+ s of processor time\n$/);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('gives the same figures on threads as without them', async () => {
    const trace = await aSet('web', ['a', 'bb']);

    const here = await run(trace, { meters: 'cpu' });
    const threads = await run(trace, { meters: 'cpu', workers: '2' });

    expect(threads.comparison.sets).toEqual(here.comparison.sets);
  });

  it('scores ours as the backtest without it does', async () => {
    const trace = await aSet('web', ['a', 'bb']);
    const out = join(newDir(), 'summary.json');
    const { comparison } = await run(trace, { meters: 'cpu' });
    const written: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      const options = [
        '--trace',
        trace,
        '--lead',
        '5s',
        '--hold',
        '1s',
        '--warm-up',
        '30s',
        '--risk',
        '0.05,0.01',
        '--json',
      ];
      await backtestCommand().parseAsync(options, { from: 'user' });
    } finally {
      process.stdout.write = write;
    }
    await writeFile(out, written.join(''));

    const summary = JSON.parse(await readFile(out, 'utf8')) as BacktestSummary;
    const frontier = comparison.sets[0]!.meters[0]!.rules[0]!.frontier;
    for (const { risk, meters } of summary.risks) {
      const { violationRate, unserved, slack } = meters.cpu;
      const point = frontier.find(({ knob }) => Number(knob) === risk)!;
      expect([point.violationRate, point.unserved, point.slack]).toEqual(
        [violationRate, unserved, slack].map((value): unknown => expect.closeTo(value, 9)),
      );
    }
  });

  it('writes JSON and a page with the charts of the VM that was asked for', async () => {
    const dir = newDir();
    const [outJson, html] = [join(dir, 'c.json'), join(dir, 'c.html')];

    const { comparison, text } = await run(await aSet('web', ['a', 'bb']), {
      outJson,
      html,
      json: true,
      vm: 'bb',
      meters: 'cpu',
    });

    const written = JSON.parse(await readFile(outJson, 'utf8')) as Comparison;
    expect(JSON.parse(text)).toEqual(written);
    expect(written.sets[0]!.meters[0]!.charts[0]).toMatchObject({ vm: 'bb', why: 'asked for' });
    expect(written.sets[0]!.meters[0]!.rules).toHaveLength(comparison.sets[0]!.meters[0]!.rules.length);
    expect(written.command).toBe(
      'shadowcast backtest --compare --trace web --lead auto --hold auto --warm-up auto --meters cpu',
    );
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('refuses an option of the other mode', async () => {
    const parse = (...options: string[]) =>
      backtestCommand().parseAsync(['--trace', 'none', ...options], { from: 'user' });

    await expect(parse('--html', 'a.html')).rejects.toMatchObject({ code: 'USAGE', message: '--html needs --compare' });
    await expect(parse('--compare', '--out', 'a.csv')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each([
    [{ meters: 'cpu,gpu' }, '--meters got "gpu"'],
    [{ vms: '0' }, '--vms got "0"'],
    [{ workers: 'two' }, '--workers got "two"'],
    [{ lead: '5s,1m' }, '--lead got 2 values for 1 sets'],
    [{ warmUp: 'long' }, '"long" is not a length of time'],
  ])('refuses %j', async (options, message) => {
    const trace = await aSet('web', ['a'], 20);

    await expect(run(trace, options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });

  it('names the row of a trace that cannot be read, on threads too', async () => {
    const trace = await aSet('web', ['a'], 20);
    await writeFile(join(trace, 'z.csv'), `${HEADER}\n1,z,lots,8,,,,,,\n`);

    await expect(run(trace, { workers: '1', lead: '5s', hold: '1s', warmUp: '0s' })).rejects.toMatchObject({
      code: 'CSV_ROW',
      message: expect.stringContaining('z.csv:2'),
    });
  });
});

describe('the times of a set', () => {
  const timesOf = async (n: number, step: number) => {
    const file = join(newDir(), 'a.csv');
    await writeFile(file, `${[HEADER, ...rows('a', n, step)].join('\n')}\n`);
    return setTimes({ lead: 'auto', hold: 'auto', warmUp: 'auto' }, { index: 0, sets: 1, files: [file] });
  };

  it('follow from step and length of its traces', async () => {
    expect(await timesOf(9 * 288, 300)).toEqual({ lead: 5 * MINUTE_MS, hold: 5 * MINUTE_MS, warmUp: 7 * DAY_MS });
    expect(await timesOf(288, 300)).toEqual({ lead: 5 * MINUTE_MS, hold: 5 * MINUTE_MS, warmUp: 150 * MINUTE_MS });
    expect(await timesOf(8 * 1440, 60)).toEqual({ lead: 5 * MINUTE_MS, hold: 5 * MINUTE_MS, warmUp: 7 * DAY_MS });
    expect(await timesOf(900, 1)).toEqual({ lead: 5000, hold: 1000, warmUp: 300_000 });
    expect(await timesOf(130, 1)).toEqual({ lead: 5000, hold: 1000, warmUp: 30_000 });
  });

  it('are taken as given, one for all sets or one for each', async () => {
    const given = { lead: '5s', hold: '1s,2s', warmUp: '1m,0s' };

    expect(await setTimes(given, { index: 1, sets: 2, files: [] })).toEqual({ lead: 5000, hold: 2000, warmUp: 0 });
  });
});

describe('prices', () => {
  it('come with the command and with their source', async () => {
    expect(await readPrices()).toMatchObject({
      source: expect.stringContaining('us-east-1'),
      perUnitHour: { cpu: 0.04048 },
    });
  });

  it('are refused with what is wrong in the file', async () => {
    const file = join(newDir(), 'prices.json');
    await writeFile(file, JSON.stringify({ source: 'x', date: 'today', perUnitHour: { gpu: 1 } }));

    await expect(readPrices(file)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/date: .*gpu/),
    });
    await expect(readPrices(`${file}.none`)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
