import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { appendBatch } from '../../../lib/adapters/trace/file.ts';
import { whatifCommand } from '../../../lib/cli/whatif.ts';
import { aBatch, aFrame } from '../../support/builders.ts';

const HEADER = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';
const PRICES = { source: 'a test', date: '2026-01-01', perUnitHour: { cpu: 0.1 } };

/** Takes what goes to standard output until `restore`. */
function collectedOutput(): { readonly text: () => string; readonly restore: () => void } {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (piece: string | Uint8Array): boolean => {
    text += String(piece);
    return true;
  };
  return { text: () => text, restore: () => void (process.stdout.write = write) };
}

describe('shadowcast whatif', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shadowcast-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  /** A minute of one second each at half a vCPU, a minute at one and a half, a minute at none; on 2 vCPUs. */
  const csv = async (): Promise<string> => {
    const rows = Array.from({ length: 180 }, (_, i) => {
      const cpu = i < 60 ? 0.5 : i < 120 ? 1.5 : 0;
      return `${1000 + i},web,${cpu},2,1073741824,4294967296,1000,0,,`;
    });
    return write('web.csv', [HEADER, ...rows, ''].join('\n'));
  };
  const blockIo = async (): Promise<string> =>
    write(
      'io.csv',
      [
        'version,time,op,size,lbn',
        ...Array.from({ length: 400 }, (_, i) => `1,${i},28,4096,${8 * (i % 100)}`),
        '',
      ].join('\n'),
    );
  /** What the command writes to standard output. */
  const answer = async (...options: string[]): Promise<string> => {
    const out = collectedOutput();
    try {
      await whatifCommand(new PassThrough()).parseAsync(options, { from: 'user' });
    } finally {
      out.restore();
    }
    return out.text();
  };
  it('shows the trace as it was and each size, with what to know about them', async () => {
    const text = await answer('--trace', await csv(), '--size', 'cpu=1', '--size', 'cpu=1,memory=512MiB');

    const lines = text.split('\n');
    expect(lines[0]).toBe('web: 180 intervals, 3.0 min');
    expect(lines[1]).toMatch(
      /^size +cpu wait +stalled +cpu short +memory short +out of memory +extra read +USD\/month$/,
    );
    expect(lines[2]).toMatch(/^as it was .* 0\.0 min +0\.0 min +0 times/);
    expect(lines[3]).toMatch(/^cpu=1 .* 1\.0 min +0\.0 min +0 times/);
    expect(lines[4]).toMatch(/^cpu=1,memory=512MiB .* 1\.0 min +3\.0 min +1 times/);
    expect(text).toContain('measured no waiting');
  });

  it('prints JSON, priced by the list that it is given', async () => {
    const prices = await write('prices.json', JSON.stringify(PRICES));

    const { vms } = JSON.parse(
      await answer('--trace', await csv(), '--size', 'cpu=1', '--prices', prices, '--json'),
    ) as { vms: { vm: string; sizes: { money: { perMonth: number } }[] }[] };

    expect(vms.map(({ vm }) => vm)).toEqual(['web']);
    expect(vms[0]?.sizes.map(({ money }) => money.perMonth.toFixed(6))).toEqual(['146.000000', '73.000000']);
  });

  it('writes every interval of every size', async () => {
    const out = join(folder, 'steps.csv');

    await answer('--trace', await csv(), '--size', 'cpu=1', '--out', out);

    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(1 + 2 * 180);
    expect(lines[0]).toBe(
      'time,vm,size,cpu_wait,cpu_stall,memory_short,extra_read,disk_wait,disk_queue,net_rx_wait,net_tx_wait',
    );
    expect(lines[1]).toMatch(/^1000,web,as it was,0,/);
    expect(lines[180 + 120]).toMatch(/^1119,web,cpu=1,(29|30)\.\d+,1,0,0,,,,$/);
  });

  it('checks itself on a trace that measured its waiting', async () => {
    const path = join(folder, 'web.trace');
    const frames = Array.from({ length: 60 }, (_, i) => {
      const frame = aFrame({ at: 1_000_000 + 1000 * i, cpu: 0.5 + 0.4 * Math.sin(i / 3) });
      return { ...frame, values: { ...frame.values, cpuSomeUs: Math.round((frame.values.cpuRunUs ?? 0) / 10) } };
    });
    await appendBatch(path, aBatch({ frames }));

    const text = await answer('--trace', path, '--vm', 'kvm1/web');

    expect(text).toMatch(
      /check at the size in force, 40 intervals, each from those before it: share of time stalled for cpu 0\.\d+/,
    );
  });

  it('shows caches on a block I/O trace alone, sampled or exact', async () => {
    const io = await blockIo();

    for (const more of [[], ['--exact']]) {
      const text = await answer('--block-io', io, '--size', 'memory=396KiB', '--size', 'memory=400KiB', ...more);

      // 100 pages in a loop: nothing hits until all fit, then only first references miss.
      expect(text).toMatch(/396\.0 KiB|396 KiB/);
      expect(text).toMatch(/1\.0000/);
      expect(text).toMatch(/0\.2500/);
    }
  });

  it('uses the miss ratios of a block I/O trace for memory', async () => {
    const text = await answer('--trace', await csv(), '--block-io', await blockIo(), '--size', 'memory=1GiB');

    // Nothing is left for the page cache at 1 GiB, all of the loop fits before: 4 times the reads.
    expect(text).toMatch(/memory=1GiB .* 2\.9 KiB\/s/);
  });

  it.each([
    [[], 'nothing to replay'],
    [['--size', 'cpu=1,ram=2'], 'has the key "ram"'],
    [['--trace', '/no/such.csv'], 'cannot read'],
    [['--trace', '/no/such.trace'], 'cannot open'],
    [['--block-io', 'IO'], 'no cache size'],
    [['--block-io', 'IO', '--size', 'cpu=1'], 'names no memory'],
    [['--block-io', 'IO', '--size', 'memory=1GiB', '--out', 'x.csv'], '--out needs a --trace'],
    [['--trace', 'CSV', '--vm', 'db'], 'has no vm "db", it has web'],
    [['--trace', 'CSV', '--prices', '/no/such.json'], 'cannot read the prices'],
    [['--trace', 'CSV', '--prices', 'IO'], 'cannot read the prices'],
  ])('refuses %j', async (options, message) => {
    const names: Record<string, string> = { IO: await blockIo(), CSV: await csv() };

    const call = whatifCommand(new PassThrough()).parseAsync(
      options.map((word) => names[word] ?? word),
      { from: 'user' },
    );

    await expect(call).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) as string });
  });

  it('refuses a price list that is none', async () => {
    const prices = await write('prices.json', JSON.stringify({ ...PRICES, perUnitHour: { ram: 1 } }));

    const call = whatifCommand(new PassThrough()).parseAsync(['--trace', await csv(), '--prices', prices], {
      from: 'user',
    });

    await expect(call).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('perUnitHour') as string,
    });
  });
});
