import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { anomaliesCommand } from '../../../lib/cli/anomalies.ts';
import { chance } from '../../support/noise-series.ts';

const HEADER = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';

/** Rows one second apart; cpu is four times as high from second 60 to 89, memory is unknown. */
function rows(vm: string, n: number): string[] {
  const next = chance(3);
  return Array.from({ length: n }, (_, i) => {
    const cpu = (0.8 + 0.4 * next()) * (i >= 60 && i < 90 ? 4 : 1);
    return `${1_700_000_000 + i},${vm},${cpu},8,,,0,${1e5 * (1 + next())},${2e4 * (1 + next())},`;
  });
}

describe('shadowcast anomalies', () => {
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
  const anomalies = async (trace: string, ...options: string[]): Promise<string[]> => {
    const out = join(folder, 'out', 'a.csv');
    await anomaliesCommand().parseAsync(['--trace', trace, '--out', out, '--json', ...options], { from: 'user' });
    return (await readFile(out, 'utf8')).trim().split('\n');
  };

  it('writes a row for each sample, and the resource to blame where it is anomalous', async () => {
    const lines = await anomalies(await write('a.csv', rows('a', 150)));

    expect(lines).toHaveLength(151);
    expect(lines[0]).toBe('time,vm,score,anomalous,resources');
    expect(lines[1]).toBe('1700000000,a,0,0,');
    expect(lines[1 + 75]).toMatch(/^1700000075,a,\d+\.\d+,1,cpu$/);
    expect(lines[1 + 140]).toMatch(/^1700000140,a,[\d.e-]+,0,$/);
  });

  it('writes the same before a cut as without it', async () => {
    const all = rows('a', 120);
    const whole = await anomalies(await write('whole.csv', all));

    for (const cut of [1, 2, 19, 66, 119]) {
      expect(await anomalies(await write('part.csv', all.slice(0, cut)))).toEqual(whole.slice(0, 1 + cut));
    }
  });

  it('counts the anomalies and the resources blamed at their beginning', async () => {
    const printed: string[] = [];
    const write_ = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text: string | Uint8Array): boolean => printed.push(String(text)) > 0;
    try {
      await anomalies(await write('a.csv', rows('a', 150)));
    } finally {
      process.stdout.write = write_;
    }

    expect(JSON.parse(printed.join(''))).toMatchObject({
      vms: 1,
      anomalies: 1,
      blamed: { cpu: 1, memory: 0, disk: 0, network: 0 },
    });
  });

  it('finds nothing at a threshold that nothing reaches', async () => {
    const lines = await anomalies(await write('a.csv', rows('a', 120)), '--threshold', '1e6');

    expect(lines.slice(1).filter((line) => !line.endsWith(',0,'))).toEqual([]);
  });

  it('takes each vm of a folder for itself', async () => {
    await write('a.csv', rows('a', 100));
    await write('b.csv', rows('b', 100));
    const lines = await anomalies(folder);

    const of = (vm: string): string[] => lines.slice(1).flatMap((line) => line.split(`,${vm},`)[1] ?? []);
    expect(of('a')).toHaveLength(100);
    expect(of('b')).toEqual(of('a'));
  });

  it('prints a summary on standard error when the scores go to standard output', async () => {
    const errors = new PassThrough();
    const trace = await write('a.csv', rows('a', 3));
    await anomaliesCommand(errors).parseAsync(['--trace', trace, '--out', '-', '--json'], { from: 'user' });

    const summary: unknown = JSON.parse(String(errors.read()));
    expect(summary).toMatchObject({ vms: 1, samples: 3, anomalies: 0, threshold: 7 });
  });

  it('says in words what it found', async () => {
    const errors = new PassThrough();
    const words = async (n: number): Promise<string> => {
      const trace = await write('a.csv', rows('a', n));
      await anomaliesCommand(errors).parseAsync(['--trace', trace, '--out', '-'], { from: 'user' });
      return String(errors.read());
    };
    const blamed = 'blamed: cpu 0, memory 0, disk 0, network 0\n';

    expect(await words(3)).toBe(`1 VMs, 3 samples, anomalies: 0, 0.00 per VM-day\n${blamed}`);
    expect(await words(1)).toBe(`1 VMs, 1 samples, anomalies: 0\n${blamed}`);
  });

  it.each(['0', '-1', 'much', ''])('refuses "%s" as a threshold', async (threshold) => {
    const trace = await write('a.csv', rows('a', 3));

    await expect(anomalies(trace, '--threshold', threshold)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
