import { spawn } from 'node:child_process';
import { symlink, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = join(import.meta.dirname, '../..');

/** Runs `shadowcast up` as a process of its own, as `npm start` does, from `root`; `signal` is sent after `signalAfterMs`. */
const runUp = async (args: readonly string[], { root = ROOT, interruptAfterMs = 0 } = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env };
    delete env['NODE_ENV'];
    delete env['NODE_OPTIONS'];
    const child = spawn(process.execPath, [join(root, 'lib/cli/main.ts'), 'up', ...args], { cwd: root, env });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    if (interruptAfterMs > 0) setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve({ code, stdout, stderr });
    });
  });

const summaryOf = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

describe('shadowcast up', () => {
  it('traces, forecasts and resizes twice at once, from a path with a space too, and ends with a summary', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'shadow cast '));
    await symlink(ROOT, join(dir, 'main'));
    const args = ['--for', '15s', '--headless', '--json'];

    const runs = await Promise.all([runUp(args), runUp(args, { root: join(dir, 'main') })]);
    await rm(dir, { recursive: true });

    for (const run of runs) {
      expect(run).toMatchObject({ code: 0 });
      const summary = summaryOf(run);
      expect(summary).toMatchObject({ failed: 0, discarded: 0, thisMachine: { vm: hostname() } });
      expect(summary['vms']).toBeGreaterThanOrEqual(9);
      expect(summary['applied']).toBeGreaterThan(0);
      expect(summary['forecasts']).toBeGreaterThan(50);
      expect(summary['p99Ms']).toBeGreaterThan(0);
      expect((summary['thisMachine'] as { frames: number }).frames).toBeGreaterThan(5);
    }
  }, 90_000);

  it('says so and takes another port when the port of its page is in use, and stops cleanly on Ctrl-C', async () => {
    const taken = await new Promise<Server>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        resolve(server);
      });
    });
    const { port } = taken.address() as { port: number };

    const run = await runUp(['--port', String(port), '--json'], { interruptAfterMs: 8_000 });
    taken.close();

    expect(run.code).toBe(0);
    expect(run.stderr).toContain(String(port));
    expect(run.stderr).toMatch(/live page: http:\/\/127\.0\.0\.1:\d+/);
    expect(summaryOf(run)).toMatchObject({ failed: 0 });
  }, 60_000);

  it.each([
    [['--for', 'soon'], /length of time/],
    [['--policies', 'no-such-file.yaml'], /no-such-file\.yaml/],
    [['--speed', '-1'], /above 0/],
    [['--libvirt', '--headless'], /libvirt URI/],
  ])(
    'refuses %j with a reason',
    async (args, reason) => {
      const run = await runUp(args);

      expect(run.code).not.toBe(0);
      expect(run.stderr).toMatch(reason);
    },
    30_000,
  );
});
