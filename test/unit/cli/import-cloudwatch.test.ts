import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { readTraceSeries } from '../../../lib/adapters/trace/csv.ts';
import { historyClients } from '../../../lib/adapters/aws/history-clients.ts';
import { cloudWatchCommand } from '../../../lib/cli/import-cloudwatch.ts';
import { startEc2, type LocalEc2 } from '../../../lib/local/ec2.ts';
import { startCloudWatch, type CloudWatchServer, type PublishedMetric } from '../../support/cloudwatch-server.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const NOW = Date.parse('2026-11-20T12:03:20Z');
const BASIC = [
  ['CPUUtilization', 20],
  ['NetworkIn', 300_000],
  ['NetworkOut', 600_000],
  ['EBSReadBytes', 0],
  ['EBSWriteBytes', 3_000_000],
] as const;

/** A value that depends on its time, so that rows which change places are noticed. */
const wave =
  (base: number) =>
  (at: number): number =>
    base * (1 + ((at / 300_000) % 7));

const ec2Metrics = (vm: string): PublishedMetric[] =>
  BASIC.map(([name, base]) => ({ namespace: 'AWS/EC2', name, dimensions: { InstanceId: vm }, valueAt: wave(base) }));

const memoryMetric = (
  name: 'mem_used' | 'mem_used_percent',
  dimensions: Record<string, string>,
  valueAt: PublishedMetric['valueAt'],
): PublishedMetric => ({ namespace: 'CWAgent', name, dimensions, valueAt });

describe('shadowcast import cloudwatch', () => {
  const tempDir = tempDirs();
  let ec2: LocalEc2;
  let server: CloudWatchServer | undefined;

  beforeAll(async () => {
    ec2 = await startEc2({
      instances: [
        { id: 'i-a', type: 'm5.xlarge', tags: { team: 'web' } },
        { id: 'i-b', type: 't3.micro', tags: { team: 'web' } },
        { id: 'i-c', type: 'm5.large' },
      ],
      now: () => NOW,
    });
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });
  afterAll(async () => {
    await ec2.stop();
  });

  const serve = async (metrics: readonly PublishedMetric[], pagePoints?: number): Promise<CloudWatchServer> => {
    server = await startCloudWatch(metrics, {
      ec2: ec2.endpoint,
      now: () => NOW,
      ...(pagePoints !== undefined && { pagePoints }),
    });
    return server;
  };
  const run = async (...options: string[]): Promise<string> => {
    let text = '';
    const command = cloudWatchCommand({
      out: (more) => (text += more),
      errors: new PassThrough(),
      now: () => NOW,
      // with the patience of the real ones the broken runs would take minutes
      clients: (target) => historyClients({ ...server?.target, ...target }, 3),
    });
    await command.parseAsync(options, { from: 'user' });
    return text;
  };
  const rowsOf = (path: string): string[] => {
    const bytes = readFileSync(path);
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
  };

  it('turns percentages into vCPUs and bytes, sums into rates, and starts of periods into their ends', async () => {
    await serve([...ec2Metrics('i-a'), memoryMetric('mem_used_percent', { InstanceId: 'i-a' }, () => 25)]);
    const out = join(tempDir(), 'history.csv');

    await run('--instances', 'i-a', '--since', '2026-11-20T11:30Z', '--out', out);

    const rows = rowsOf(out);
    expect(rows[0]).toBe('time,vm,cpu,cpu_capacity,memory,memory_capacity,disk_read,disk_write,net_rx,net_tx');
    // 11:30 is the 4th step of the wave; m5.xlarge has 4 vCPUs and 16 GiB
    const times = (Date.parse('2026-11-20T11:30Z') / 300_000) % 7;
    const cpu = 0.2 * 4 * (1 + times);
    expect(rows[1]).toBe(
      `${Date.parse('2026-11-20T11:35Z') / 1000},i-a,${Number(cpu.toPrecision(10))},4,4294967296,17179869184,0,${10_000 * (1 + times)},${1000 * (1 + times)},${2000 * (1 + times)}`,
    );
  }, 30_000);

  it('leaves out the last period until its measurements had time to arrive', async () => {
    await serve(ec2Metrics('i-a'));
    const out = join(tempDir(), 'history.csv');

    await run('--instances', 'i-a', '--since', '1h', '--out', out);

    // at 12:03:20 the period from 11:55 is whole, but not yet settled
    const times = rowsOf(out)
      .slice(1)
      .map((row) => Number(row.split(',')[0]) * 1000);
    expect(new Date(times.at(-1)!).toISOString()).toBe('2026-11-20T11:55:00.000Z');
    expect(new Date(times[0]!).toISOString()).toBe('2026-11-20T11:10:00.000Z');
  });

  it('puts pages together that end in the middle of a metric', async () => {
    const whole = join(tempDir(), 'whole.csv');
    const paged = join(tempDir(), 'paged.csv');
    await serve(ec2Metrics('i-a'));
    await run('--instances', 'i-a', '--since', '1d', '--out', whole);
    await server?.stop();

    const { asked } = await serve(ec2Metrics('i-a'), 300);
    await run('--instances', 'i-a', '--since', '1d', '--out', paged);

    expect(asked.length).toBeGreaterThan(4);
    expect(rowsOf(paged)).toEqual(rowsOf(whole));
    expect(rowsOf(whole)).toHaveLength(1 + 286);
  }, 30_000);

  it('asks again when it is throttled', async () => {
    const { faults } = await serve(ec2Metrics('i-a'));
    faults.throttled = 2;

    const summary = await run('--instances', 'i-a', '--since', '1h', '--json', '--out', join(tempDir(), 'h.csv'));

    expect(JSON.parse(summary)).toMatchObject({ rows: 10, calls: 1 });
  }, 30_000);

  it('goes on where a broken run was, and gives the same bytes as one that was not broken', async () => {
    // so many streams of the agent that each instance needs a call of its own
    const metrics = ['i-a', 'i-b'].flatMap((vm) => [
      ...ec2Metrics(vm),
      ...Array.from({ length: 260 }, (_, n) =>
        memoryMetric('mem_used', { InstanceId: vm, ImageId: `ami-${n}` }, (at) => (at % n === 0 ? n : undefined)),
      ),
    ]);
    const options = ['--instances', 'i-a,i-b', '--since', '2h', '--json'];
    const whole = join(tempDir(), 'whole.csv.gz');
    const broken = join(tempDir(), 'broken.csv.gz');
    const { faults } = await serve(metrics);
    const summary = JSON.parse(await run(...options, '--out', whole));
    faults.answersLeft = 1;

    await expect(run(...options, '--out', broken)).rejects.toMatchObject({ code: 'HISTORY_UNAVAILABLE' });
    expect(existsSync(broken)).toBe(false);
    await expect(run(...options, '--out', broken)).rejects.toThrow(/add --resume to go on/);
    // what a crash in the middle of a write leaves behind
    writeFileSync(`${broken}.part`, Buffer.concat([readFileSync(`${broken}.part`), Buffer.from('half a st')]));
    faults.answersLeft = Infinity;
    const resumed = JSON.parse(await run(...options, '--out', broken, '--resume'));

    expect(readFileSync(broken).equals(readFileSync(whole))).toBe(true);
    expect(resumed).toEqual({ ...summary, out: broken });
    expect(existsSync(`${broken}.state`)).toBe(false);
    expect(existsSync(`${broken}.part`)).toBe(false);
    expect([...(await readTraceSeries(broken)).keys()]).toEqual(['i-a', 'i-b']);
  }, 30_000);

  it('does not go on with another import than the one that was begun', async () => {
    const { faults } = await serve(ec2Metrics('i-a'));
    const out = join(tempDir(), 'h.csv');
    faults.forbidden = true;
    await expect(run('--instances', 'i-a', '--since', '1h', '--out', out)).rejects.toThrow(/not allowed.*grant/);
    faults.forbidden = false;
    faults.answersLeft = 0;
    await expect(run('--instances', 'i-a', '--since', '1h', '--out', out)).rejects.toThrow(/GetMetricData failed/);

    await expect(run('--instances', 'i-a', '--since', '2h', '--out', out, '--resume')).rejects.toThrow(
      /is of another import/,
    );
  }, 30_000);

  it('takes memory from each stream of the agent that knows a period, bytes before per cent', async () => {
    const changedAt = Date.parse('2026-11-20T11:45Z');
    const stream = (type: string, known: (at: number) => boolean, value: number): PublishedMetric =>
      memoryMetric('mem_used', { InstanceId: 'i-a', InstanceType: type }, (at) => (known(at) ? value : undefined));
    await serve([
      ...ec2Metrics('i-a'),
      stream('m5.large', (at) => at < changedAt, 1_000),
      stream('m5.xlarge', (at) => at > changedAt, 2_000),
      memoryMetric('mem_used_percent', { InstanceId: 'i-a' }, () => 50),
    ]);
    const out = join(tempDir(), 'h.csv');

    await run('--instances', 'i-a', '--since', '2026-11-20T11:35Z', '--until', '2026-11-20T11:55Z', '--out', out);

    const memory = rowsOf(out)
      .slice(1)
      .map((row) => row.split(',')[4]);
    expect(memory).toEqual(['1000', '1000', String(8 * 2 ** 30), '2000']);
  });

  it('says which metrics have no data, and leaves their columns empty', async () => {
    await serve([...ec2Metrics('i-a'), ...ec2Metrics('i-b').filter(({ name }) => name !== 'EBSReadBytes')]);
    const out = join(tempDir(), 'h.csv');

    const words = await run('--tag', 'team=web', '--since', '1h', '--out', out);

    expect(words).toContain('i-b has no EBSReadBytes, no mem_used or mem_used_percent of the CloudWatch agent');
    const row = rowsOf(out)
      .find((line) => line.includes('i-b'))
      ?.split(',');
    expect(row?.slice(3, 7)).toEqual(['2', '', '1073741824', '']);
  });

  it('leaves out the time in which a vm was off', async () => {
    const offUntil = Date.parse('2026-11-20T11:40Z');
    const late = ec2Metrics('i-a').map((metric) => ({
      ...metric,
      valueAt: (at: number) => (at < offUntil ? undefined : metric.valueAt(at)),
    }));
    await serve(late);
    const out = join(tempDir(), 'h.csv');

    await run('--instances', 'i-a', '--since', '1h', '--out', out);

    expect(rowsOf(out)).toHaveLength(1 + 3);
  });

  it('prints calls and cost in a dry run, and writes nothing', async () => {
    const { asked } = await serve(['i-a', 'i-b'].flatMap(ec2Metrics));
    const out = join(tempDir(), 'h.csv');

    const words = await run('--tag', 'team=web', '--since', '14d', '--dry-run', '--out', out);

    expect(words.split('\n').slice(0, -1)).toEqual([
      '2 VMs, 2026-11-06T12:05:00Z to 2026-11-20T11:55:00Z every 5 min: at most 8060 rows',
      'GetMetricData 1: 10 metrics of 2 VMs, $0.00010',
      'no agent memory metric: i-a, i-b',
      'about $0.0001 at $0.01 per 1,000 metrics; nothing was fetched',
    ]);
    expect(asked).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['an instance that is not there', ['--instances', 'i-a,i-zz'], 'PRIMARY_GONE', /no such instance: i-zz/],
    ['a tag that nothing has', ['--tag', 'team=none'], 'PRIMARY_GONE', /no instance has the tag team=none/],
    ['no selection', [], 'USAGE', /give --instances/],
    [
      'minutes of an instance with basic monitoring',
      ['--instances', 'i-a', '--period', '1m'],
      'USAGE',
      /i-a has basic/,
    ],
    ['no data at all', ['--instances', 'i-c'], 'USAGE', /CPUUtilization and all other metrics of i-c have no data/],
    [
      '5 minutes of what only hours are kept of',
      ['--instances', 'i-a', '--since', '64d', '--period', '5m'],
      'USAGE',
      /use --period 1h/,
    ],
  ])('refuses %s', async (_, options, code, message) => {
    await serve(ec2Metrics('i-a'));
    const out = join(tempDir(), 'h.csv');

    const refused = run('--since', '1h', ...options, '--out', out);

    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(existsSync(`${out}.state`)).toBe(false);
  });
});
