import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { PutMetricDataCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { historyClients } from '../../lib/adapters/aws/history-clients.ts';
import { readTraceSeries } from '../../lib/adapters/trace/csv.ts';
import { cloudWatchCommand } from '../../lib/cli/import-cloudwatch.ts';
import { localTarget } from '../../lib/local/target.ts';
import { tempDirs } from '../support/temp-dir.ts';

/** An emulator that is not ours (PyPI moto): `MOTO_SERVER` is its `moto_server`. */
const moto = process.env['MOTO_SERVER'];
const describeWithMoto = moto === undefined ? describe.skip : describe;
const why = moto === undefined ? ' (skipped: MOTO_SERVER does not name a moto_server)' : '';

describeWithMoto(`shadowcast import cloudwatch against moto${why}`, () => {
  const tempDir = tempDirs();
  let server: ChildProcess | undefined;
  let endpoint = '';

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    server = spawn(moto ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    await answering(endpoint);
  }, 120_000);
  afterAll(async () => {
    if (server?.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill();
    await ended;
  });

  it('writes what was measured of an instance, from its own metrics and the agent', async () => {
    const target = localTarget(endpoint);
    const { ec2, cloudWatch } = historyClients(target);
    const started = await ec2.send(
      new RunInstancesCommand({ ImageId: 'ami-12c6146b', InstanceType: 'm5.xlarge', MinCount: 1, MaxCount: 1 }),
    );
    const vm = started.Instances![0]!.InstanceId!;
    const now = Math.floor(Date.now() / 300_000) * 300_000 + 30_000;
    const at = now - 30_000 - 2 * 3_600_000;
    await publish(cloudWatch, at, vm);
    ec2.destroy();
    cloudWatch.destroy();
    const out = join(tempDir(), 'history.csv.gz');

    await cloudWatchCommand({
      out: () => undefined,
      errors: new PassThrough(),
      now: () => now,
      clients: (asked) => historyClients({ ...target, ...asked }),
    }).parseAsync(['--instances', vm, '--since', '3h', '--out', out], { from: 'user' });

    const trace = (await readTraceSeries(out)).get(vm)!;
    const { cpu, net_rx, memory, disk_read } = trace.meters;
    expect([...trace.times]).toEqual([at + 300_000, at + 600_000]);
    expect(cpu).toEqual(Float64Array.of(1, 2));
    expect(net_rx).toEqual(Float64Array.of(1_000, 2_000));
    expect(memory).toEqual(Float64Array.of(4 * 2 ** 30, 8 * 2 ** 30));
    expect(disk_read).toBeUndefined();
  }, 120_000);
});

/** Two periods of 5 minutes, the second twice the first. */
async function publish(client: CloudWatchClient, at: number, vm: string): Promise<void> {
  const metric = (MetricName: string, value: number): unknown[] =>
    [1, 2].map((times) => ({
      MetricName,
      Dimensions: [{ Name: 'InstanceId', Value: vm }],
      Timestamp: new Date(at + (times - 1) * 300_000),
      Value: value * times,
    }));
  const put = (Namespace: string, MetricData: unknown[]) =>
    client.send(new PutMetricDataCommand({ Namespace, MetricData: MetricData as never }));
  await put('AWS/EC2', [...metric('CPUUtilization', 25), ...metric('NetworkIn', 300_000)]);
  await put('CWAgent', metric('mem_used_percent', 25));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function answering(endpoint: string): Promise<void> {
  const until = Date.now() + 90_000;
  for (;;) {
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (Date.now() > until) throw new Error(`nobody answers at ${endpoint}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
