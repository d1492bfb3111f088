import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  cellsOfSample,
  openCsvWriter,
  readTraceCsv,
  readTraceSeries,
  sampleOfFrame,
  traceFilesOf,
} from '../../../lib/adapters/trace/csv.ts';
import type { TraceSample } from '../../../lib/adapters/trace/csv.ts';
import { TRACE_COLUMNS } from '../../../lib/adapters/trace/csv-columns.ts';
import { aTemporaryFolder } from '../../support/trace-temporary.ts';

const folder = aTemporaryFolder();
const HEADER = 'time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx';

async function samplesOf(path: string): Promise<TraceSample[]> {
  const samples: TraceSample[] = [];
  for await (const sample of readTraceCsv(path)) samples.push(sample);
  return samples;
}
const parse = (text: string, name = 'x.csv'): Promise<TraceSample[]> => samplesOf(folder.write(name, text));

describe('readTraceCsv', () => {
  it('reads rows, leaving out what is unknown', async () => {
    const samples = await parse(`${HEADER}\n1376314846,web,0.25,4,575524864,5670699008,0,2867.2,,4096\n`);

    expect(samples).toEqual([
      {
        time: 1_376_314_846_000,
        vm: 'web',
        use: { cpu: 0.25, memory: 575_524_864, disk_read: 0, disk_write: 2_867.2, net_tx: 4_096 },
        capacity: { cpu: 4, memory: 5_670_699_008 },
      },
    ]);
  });

  it('takes columns in any order and leaves others alone', async () => {
    const samples = await parse('note,cpu,VM, time\nhello,1,a,5\n');

    expect(samples).toEqual([{ time: 5_000, vm: 'a', use: { cpu: 1 }, capacity: {} }]);
  });

  it.each([
    ['4GiB', 4 * 2 ** 30],
    ['1.5M', 1_500_000],
    ['20 kB/s', 20_000],
    ['3Ki', 3_072],
    ['7B', 7],
    ['1e3', 1_000],
    ['.5', 0.5],
    ['-0', 0],
  ])('reads %s as %d bytes', async (cell, bytes) => {
    expect((await parse(`time,vm,memory\n0,a,${cell}\n`))[0]?.use.memory).toBe(bytes);
  });

  it.each([
    ['0.25', 250],
    ['1376314846', 1_376_314_846_000],
    ['2024-02-29T12:00:00Z', Date.UTC(2024, 1, 29, 12)],
    ['2024-02-29 12:00:00.5', Date.UTC(2024, 1, 29, 12, 0, 0, 500)],
    ['2024-02-29T12:00+02:00', Date.UTC(2024, 1, 29, 10)],
  ])('reads the time %s', async (cell, time) => {
    expect((await parse(`time,vm,cpu\n${cell},a,1\n`))[0]?.time).toBe(time);
  });

  it('reads quoted cells, CRLF, a byte order mark, empty lines and a last line without an end', async () => {
    const samples = await parse('\ufefftime,vm,cpu\r\n1,"a, ""b""\nc",1\r\n\r\n2,d,"2"');

    expect(samples.map(({ vm, use }) => [vm, use.cpu])).toEqual([
      ['a, "b"\nc', 1],
      ['d', 2],
    ]);
  });

  it('reads gz by name', async () => {
    const path = folder.write('packed.csv.gz', gzipSync('time,vm,cpu\n1,a,1\n'));

    expect(await samplesOf(path)).toHaveLength(1);
  });

  it('reads files that are longer than one chunk', async () => {
    const rows = Array.from({ length: 24_000 }, (_, row) => `${row},vm-${row % 3},0.${row},${'x'.repeat(row % 7)}`);
    const samples = await parse(['time,vm,cpu,note', ...rows].join('\n'));

    expect(samples).toHaveLength(24_000);
    expect(samples[23_999]).toMatchObject({ time: 23_999_000, vm: 'vm-2', use: { cpu: 0.23999 } });
  });

  it.each([
    [
      'no such columns',
      'version,time,op\n1,2,3\n',
      'CSV_HEADER',
      /x.csv:1: columns version,time,op, wanted time, vm and/,
    ],
    ['only capacities', 'time,vm,cpu_capacity\n', 'CSV_HEADER', /at least one of cpu, memory/],
    ['a column twice', 'time,vm,cpu,cpu\n', 'CSV_HEADER', /column cpu is there twice/],
    ['nothing', '', 'CSV_HEADER', /is empty/],
    ['a short row', 'time,vm,cpu\n1,a,1\n2,a\n', 'CSV_ROW', /x.csv:3: 2 cells, wanted 3/],
    ['a negative number', 'time,vm,cpu\n1,a,-1\n', 'CSV_ROW', /x.csv:2: cpu "-1", wanted vCPUs/],
    ['a hexadecimal number', 'time,vm,memory\n1,a,0x10\n', 'CSV_ROW', /memory "0x10", wanted bytes/],
    ['a word', 'time,vm,cpu\n1,a,nan\n', 'CSV_ROW', /cpu "nan"/],
    ['a suffix on cpu', 'time,vm,cpu\n1,a,5k\n', 'CSV_ROW', /cpu "5k"/],
    ['no time', 'time,vm,cpu\n,a,1\n', 'CSV_ROW', /time "", wanted seconds or ISO 8601/],
    ['no vm', 'time,vm,cpu\n1, ,1\n', 'CSV_ROW', /an empty vm/],
    ['a time before 1970', 'time,vm,cpu\n1960-01-01T00:00Z,a,1\n', 'CSV_ROW', /time "1960/],
    ['a day that is not', 'time,vm,cpu\n2024-13-01T00:00Z,a,1\n', 'CSV_ROW', /time "2024-13/],
    ['a time twice', 'time,vm,cpu\n1,a,1\n1,b,1\n1,a,1\n', 'CSV_ROW', /x.csv:4: time 1 of a a second time/],
    ['falling times', 'time,vm,cpu\n5,a,1\n\n4,a,1\n', 'CSV_ROW', /x.csv:4: time 4 of a after 5/],
    ['a quote out of place', 'time,vm,cpu\n1,a"b,1\n2,"c,1\n', 'CSV_ROW', /x.csv:2: .*quote/s],
    ['a quote that does not end', 'time,vm,cpu\n1,"a,1\n', 'CSV_ROW', /x.csv:2: the record does not end/],
  ])('refuses %s', async (_what, text, code, message) => {
    await expect(parse(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('says which file cannot be read', async () => {
    const damaged = folder.write('damaged.csv.gz', gzipSync('time,vm,cpu\n1,a,1\n').subarray(0, 20));

    await expect(samplesOf(folder.path('none.csv'))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(samplesOf(damaged)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('damaged.csv.gz') as string,
    });
  });
});

describe('readTraceSeries', () => {
  it('sorts rows by vm into columns, NaN for unknown, without meters that are never known', async () => {
    const path = folder.write('two.csv', 'time,vm,cpu,memory,cpu_capacity\n1,a,1,,2\n1,b,3,5,\n2,a,,,2\n');

    const series = await readTraceSeries(path);

    expect([...series.keys()]).toEqual(['a', 'b']);
    expect(series.get('a')).toEqual({
      vm: 'a',
      times: Float64Array.of(1_000, 2_000),
      meters: { cpu: Float64Array.of(1, Number.NaN) },
      cpuCapacity: Float64Array.of(2, 2),
      memoryCapacity: undefined,
    });
    expect(series.get('b')?.meters).toEqual({ cpu: Float64Array.of(3), memory: Float64Array.of(5) });
  });
});

describe('traceFilesOf', () => {
  const some = aTemporaryFolder();
  const none = aTemporaryFolder();

  it('gives a file itself, and the traces of a folder in order, without labels and other things', async () => {
    const b = some.write('b.csv', 'time,vm,cpu\n');
    const a = some.write('a.csv.gz', gzipSync('time,vm,cpu\n'));
    some.write('labels.csv', 'vm,start,end,cause\n');
    some.write('README.md', 'time');

    expect(await traceFilesOf(some.path(''))).toEqual([a, b]);
    expect(await traceFilesOf(b)).toEqual([b]);
  });

  it('says so when there are none', async () => {
    await expect(traceFilesOf(none.path(''))).rejects.toMatchObject({ code: 'USAGE' });
    none.write('labels.csv', 'vm,start\n');
    await expect(traceFilesOf(none.path(''))).rejects.toThrow(/1 CSV files, none with a column time/);
    await expect(traceFilesOf(none.path('missing'))).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('openCsvWriter', () => {
  it('writes what readTraceCsv reads', async () => {
    const path = folder.path('written.csv.gz');
    const samples: TraceSample[] = [
      { time: 1_500, vm: 'a,"b"', use: { cpu: 0.1, net_tx: 1e-7 }, capacity: { memory: 2 ** 33 } },
      { time: 2_500, vm: 'a,"b"', use: { memory: 5 }, capacity: {} },
    ];

    const writer = await openCsvWriter(path, TRACE_COLUMNS);
    for (const sample of samples) await writer.write(cellsOfSample(sample));
    await writer.close();

    expect(gunzipSync(readFileSync(path)).toString()).toMatch(
      /^time,vm,cpu,.*\n1.5,"a,""b""",0.1,,,8589934592,,,,1e-7\n/,
    );
    expect(await samplesOf(path)).toEqual(samples);
  });

  it('writes more than the stream holds, in order', async () => {
    const path = folder.path('long.csv');
    const writer = await openCsvWriter(path, ['time', 'vm', 'cpu']);
    for (let row = 0; row < 20_000; row += 1) await writer.write([row, 'a', row === 7 ? Number.NaN : 1]);
    await writer.close();

    const lines = readFileSync(path, 'utf8').split('\n');

    expect(lines).toHaveLength(20_002);
    expect(lines[8]).toBe('7,a,');
    expect(lines[20_000]).toBe('19999,a,1');
  });

  it('refuses a row of another length, and a file that cannot be made', async () => {
    const writer = await openCsvWriter(folder.path('short.csv'), ['time', 'vm']);

    await expect(writer.write([1])).rejects.toThrow(RangeError);
    await writer.close();
    await expect(openCsvWriter(folder.path('no/such/folder.csv'), ['time'])).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('says so when the disk is full', async () => {
    const writer = await openCsvWriter('/dev/full', ['time']);

    await expect(writer.close()).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('sampleOfFrame', () => {
  it('turns what a frame counts into rates, and knows what is not said', () => {
    const disk = { name: 'vda', reads: 1, writes: 1, flushes: 0, readUs: 0, writeUs: 0, busyUs: 0, queueUs: 0 };
    const sample = sampleOfFrame({
      vm: 'a',
      at: 9_000,
      interval: 2_000,
      values: {
        cpuCount: 4,
        cpuRunUs: 3_000_000,
        cpuStealUs: 500_000,
        memoryTotalBytes: 100,
        memoryAvailableBytes: 30,
      },
      disks: [
        { ...disk, readBytes: 10, writeBytes: 20 },
        { ...disk, name: 'vdb', readBytes: 30, writeBytes: 0 },
      ],
      allocation: { memory: 200 },
    });

    expect(sample).toEqual({
      time: 9_000,
      vm: 'a',
      use: { cpu: 1.5, memory: 70, disk_read: 20, disk_write: 10 },
      capacity: { cpu: 4, memory: 200 },
    });
  });

  it('has no rates for an interval of zero', () => {
    expect(sampleOfFrame({ vm: 'a', at: 1, interval: 0, values: { cpuRunUs: 5 }, nics: [] }).use).toEqual({});
  });
});
