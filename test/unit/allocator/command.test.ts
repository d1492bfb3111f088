import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome, Plan } from '../../../lib/core/plan/plan.ts';
import { startSimulatedHost } from '../../../lib/local/simulated-host.ts';
import type { SimulatedHost } from '../../../lib/local/simulated-host.ts';
import { aPlan } from '../../support/builders.ts';

const PROGRAM = join(import.meta.dirname, '../../../agent/allocator/main.ts');

describe('shadowcast-allocator, as a program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'allocator command-'));
  let host: SimulatedHost;
  beforeAll(async () => {
    host = await startSimulatedHost({
      host: 'kvm1',
      token: 'secret',
      capacity: { cpu: 6 },
      reserve: { cpu: 1 },
      clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
      vms: [
        {
          vm: 'kvm1/web',
          name: 'web',
          limits: { cpu: 1 },
          adjustable: { cpu: { min: 0.25, max: 8, step: 0.25 } },
          demand: { name: 'idle', seconds: 60, demandAt: () => ({}) },
        },
      ],
    });
  });
  afterAll(async () => {
    await host.stop();
    rmSync(directory, { recursive: true });
  });

  const run = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const env = {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: join(directory, 'cache'),
        SHADOWCAST_DRIVER: 'simulated',
        SHADOWCAST_SIMULATED_URL: host.url,
        SHADOWCAST_SIMULATED_TOKEN: 'secret',
        SHADOWCAST_HOST: 'kvm1',
        SHADOWCAST_STATE: join(directory, 'state'),
        ...environment,
      };
      const child = execFile(process.execPath, [PROGRAM, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
      child.stdin?.end();
    });
  const base64 = (parts: Partial<Plan>): string => {
    const plan = aPlan({ sampledAt: Date.now(), expiresAt: Date.now() + 60_000, ...parts });
    return Buffer.from(JSON.stringify(plan)).toString('base64');
  };
  const outcomeOf = (stdout: string): Outcome => {
    expect(stdout).toMatch(/^\{.*\}\n$/);
    return JSON.parse(stdout) as Outcome;
  };

  it('puts a plan in force and prints the outcome as one line', async () => {
    const { code, stdout, stderr } = await run(['--plan-base64', base64({ fence: 1 })]);

    expect(outcomeOf(stdout)).toMatchObject({ state: 'applied', inForce: { cpu: 2 }, because: 'cpu 1 -> 2' });
    expect([code, stderr]).toEqual([0, '']);
    expect(host.limitsOf('kvm1/web')).toEqual({ cpu: 2 });
  });

  it('exits with 10 when the host refuses, and prints its reason', async () => {
    const { code, stdout } = await run(['--plan-base64', base64({ id: 'p2', fence: 2, set: { cpu: 8 } })]);

    expect(outcomeOf(stdout)).toMatchObject({ state: 'refused', because: expect.stringContaining('5 of 6 are free') });
    expect(code).toBe(10);
  });

  it('names the plan in its refusal of one that is not valid', async () => {
    const { code, stdout } = await run(['--plan-base64', base64({ id: 'bad', fence: 3, set: { cpu: -1 } })]);

    expect(outcomeOf(stdout)).toMatchObject({ planId: 'bad', vm: 'kvm1/web', state: 'refused' });
    expect(code).toBe(10);
  });

  it('checks a plan from a file in a dry run and changes nothing', async () => {
    const path = join(directory, 'plan.json');
    writeFileSync(path, Buffer.from(base64({ id: 'dry', fence: 4, set: { cpu: 4 } }), 'base64'));

    const { code, stdout } = await run(['--plan', path, '--dry-run']);

    expect(outcomeOf(stdout).because).toBe('dry run, nothing was changed; would set cpu 2 -> 4');
    expect(code).toBe(0);
    expect(host.limitsOf('kvm1/web')).toEqual({ cpu: 2 });
  });

  it('refuses, and does not hang, when the host cannot be reached', async () => {
    const { code, stdout } = await run(['--plan-base64', base64({ id: 'p5', fence: 5 })], {
      SHADOWCAST_SIMULATED_URL: 'http://127.0.0.1:9',
    });

    expect(outcomeOf(stdout).because).toMatch(
      /^the simulated host at http:\/\/127.0.0.1:9 does not answer: .*ECONNREFUSED/,
    );
    expect(code).toBe(10);
  });

  it.each([
    [['--plan-base64', 'e30=', '--plan', '-'], {}, 'wanted one of --plan-base64 and --plan'],
    [['--frobnicate'], {}, "Unknown option '--frobnicate'"],
    [['--plan', '/no/such/file'], {}, 'the plan cannot be read: ENOENT'],
    [['--plan-base64', 'e30=', '--driver', 'xen'], {}, 'driver is xen, wanted libvirt or simulated'],
    [['--plan-base64', 'e30='], { SHADOWCAST_STALL_MS: 'soon' }, 'SHADOWCAST_STALL_MS is soon, wanted a number from 0'],
  ])('exits with 2 and a reason when it is called with %j %j', async (args, environment, message) => {
    const { code, stdout, stderr } = await run(args, environment);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('says how it is used', async () => {
    const { code, stdout } = await run(['--help']);

    expect(stdout).toContain('shadowcast-allocator --plan-base64 B64');
    expect(code).toBe(0);
  });
});
