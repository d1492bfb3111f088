import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { readTraceSeries } from '../../../lib/adapters/trace/csv.ts';
import { csvCommand } from '../../../lib/cli/import-csv.ts';
import { tempDirs } from '../../support/temp-dir.ts';

describe('shadowcast import csv', () => {
  const tempDir = tempDirs();
  const file = (...lines: string[]): string => {
    const path = join(tempDir(), 'in.csv');
    writeFileSync(path, lines.join('\n'));
    return path;
  };
  const run = async (...options: string[]): Promise<{ said: string; noted: string }> => {
    let said = '';
    const errors = new PassThrough();
    const command = csvCommand({
      out: (text) => (said += text),
      errors,
      now: () => 0,
      clients: () => {
        throw new Error('nobody to ask');
      },
    });
    await command.parseAsync(options, { from: 'user' });
    return { said, noted: String(errors.read() ?? '') };
  };
  /** The rows that an import writes, without the header. */
  const rowsOf = async (...options: string[]): Promise<string[]> => {
    const out = join(tempDir(), 'out.csv');
    await run(...options, '--out', out);
    return readFileSync(out, 'utf8').trim().split('\n').slice(1);
  };

  it('maps columns, scales units, and sorts by vm and time', async () => {
    const path = file(
      'Host,Timestamp,cpu_pct,cores,Mem MB,Net',
      'web,2026-11-01T00:05:00Z,50,4,2,8',
      'web,2026-11-01T00:00:00Z,25,4,1,',
      'db,2026-11-01 00:00,100,2,3,16',
    );
    const map =
      'time=Timestamp,vm=Host,cpu=cpu_pct:percent-of=cpu_capacity,cpu_capacity=cores,memory=Mem MB:MB,net_rx=Net:Mbit/s';

    expect(await rowsOf('--map', map, '--in', path)).toEqual([
      '1793491200,db,2,2,3000000,,,,2000000,',
      '1793491200,web,1,4,1000000,,,,,',
      '1793491500,web,2,4,2000000,,,,1000000,',
    ]);
  });

  it.each([
    ['cpu=c', '1.5', '1.5'],
    ['cpu=c:mcpu', '1500', '1.5'],
    ['cpu=c:percent', '150', '1.5'],
    ['cpu=c:percent-of=4', '50', '2'],
    ['cpu=c:MHz=2600', '3900', '1.5'],
    ['memory=c', '4GiB', '4294967296'],
    ['memory=c:KiB', '4', '4096'],
    ['memory=c:percent-of=8000', '25', '2000'],
    ['disk_read=c:KB/s', '1.5', '1500'],
    ['net_tx=c:kbit/s', '8', '1000'],
  ])('reads %s of %s as %s', async (mapping, cell, value) => {
    const [row] = await rowsOf('--map', `time=t,${mapping}`, '--vm', 'a', '--in', file('t,c', `0,${cell}`));

    expect(row?.split(',').filter((text) => text !== '')).toEqual(['0', 'a', value]);
  });

  it('reads semicolons, tabs, quotes, decimal commas and times in milliseconds', async () => {
    const semicolons = file('"when; exactly";load', '1793491200000;"1,5"', '1793491201500;0,25');
    const tabs = file('when\tload', '1793491200\t1.5');

    expect(
      await rowsOf('--map', 'time="when; exactly",cpu=load', '--vm', 'a', '--decimal-comma', '--in', semicolons),
    ).toEqual(['1793491200,a,1.5,,,,,,,', '1793491201.5,a,0.25,,,,,,,']);
    expect(await rowsOf('--map', 'time=when:s,cpu=load', '--vm', 'a', '--in', tabs)).toEqual([
      '1793491200,a,1.5,,,,,,,',
    ]);
  });

  it('names every row that it cannot use, with file and line', async () => {
    const path = file('t,h,c', '0,a,1', '0,a,2', 'never,a,1', '5,,1', '10,a,-1', '15,a', '5,a,1');

    const refused = run('--map', 'time=t,vm=h,cpu=c', '--in', path, '--dry-run');

    await expect(refused).rejects.toMatchObject({
      code: 'CSV_ROW',
      message: [
        '5 rows cannot be used:',
        `${path}:3: time 0 of a a second time, first in line 2`,
        `${path}:4: time "never", wanted seconds or milliseconds since 1970, or ISO 8601`,
        `${path}:5: an empty vm, wanted its name`,
        `${path}:6: c "-1", wanted a number from 0 up for cpu, or nothing`,
        `${path}:7: 2 cells, wanted 3, as in the first line`,
        'correct them, or leave them out with --skip-bad',
      ].join('\n'),
    });
  });

  it('leaves bad rows out when it is told to, and says which', async () => {
    const path = file('t,c', '0,1', '5,x', '10,3');
    const out = join(tempDir(), 'out.csv');

    const { said, noted } = await run('--map', 'time=t,cpu=c', '--vm', 'a', '--in', path, '--skip-bad', '--out', out);

    expect(said).toBe(
      `2 rows of 1 VMs, 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z every 10 s, 1 left out; written to ${out}\n`,
    );
    expect(noted).toContain(`${path}:3: c "x"`);
  });

  it('shows the first rows in a dry run, and writes nothing', async () => {
    const path = file('t,c', ...Array.from({ length: 9 }, (_, n) => `${n * 60},${n}`));

    const { said } = await run(
      '--map',
      'time=t,cpu=c',
      '--vm',
      'a',
      '--capacity',
      'cpu=8,memory=1GiB',
      '--in',
      path,
      '--dry-run',
    );

    expect(said.split('\n').slice(0, 3)).toEqual([
      'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx',
      '0,a,0,8,,1073741824,,,,',
      '60,a,1,8,,1073741824,,,,',
    ]);
    expect(said.split('\n')[6]).toBe(
      '9 rows of 1 VMs, 1970-01-01T00:00:00Z to 1970-01-01T00:08:00Z every 60 s; nothing was written',
    );
  });

  it('writes what the trace reader takes', async () => {
    const out = join(tempDir(), 'out.csv.gz');
    await run('--map', 'time=t,vm=h,cpu=c', '--in', file('t,h,c', '5,b,1', '0,a,', '0,b,2'), '--out', out);

    const traces = await readTraceSeries(out);

    expect([...traces.keys()]).toEqual(['a', 'b']);
    expect([...traces.get('b')!.meters.cpu!]).toEqual([2, 1]);
  });

  it.each([
    ['cpu=c', /names no time/],
    ['time=t', /names nothing that is used/],
    ['time=t,cpu=c,cpu=d', /names cpu twice/],
    ['time=t,load=c', /got target "load"/],
    ['time=t,cpu', /got "cpu", wanted target=Column/],
    ['time=t,cpu=c:parsecs', /cpu got unit "parsecs", wanted one of vcpu/],
    ['time=t,cpu=c:MHz', /got "MHz", wanted a number above 0/],
    ['time=t,memory=c:percent-of=cake', /got "percent-of=cake"/],
    ['time=t:noon,cpu=c', /time got unit "noon"/],
    ['time=t,cpu=c:percent-of=cpu_capacity', /cpu is a share of cpu_capacity, which is not known/],
    ['time=t,cpu=d', /no column "d", got "t", "c"/],
  ])('refuses --map %s', async (map, message) => {
    await expect(run('--map', map, '--vm', 'a', '--in', file('t,c', '0,1'), '--dry-run')).rejects.toThrow(message);
  });

  it('refuses a file whose vm nobody named', async () => {
    await expect(run('--map', 'time=t,cpu=c', '--in', file('t,c', '0,1'), '--dry-run')).rejects.toThrow(
      /give --vm NAME/,
    );
  });
});
