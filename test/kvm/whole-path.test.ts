import { join } from 'node:path';
import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openLab } from './lab/lab.ts';
import type { Guest, Lab } from './lab/lab.ts';

jest.setTimeout(240_000);

const ROOT = join(import.meta.dirname, '../..');
const KIB_256_MIB = 256 * 1024;
const STEPS = 8;
const STEP_MS = 5_000;
const opening = await openLab();
const title = 'the whole path over a real libvirtd';
if (opening.kind === 'cannot') {
  process.stderr.write(`skipped: ${title}: ${opening.because}\n`);
  describe.skip(`${title} (${opening.because})`, () => {
    it('cannot run on this machine', () => undefined);
  });
} else {
  describe(title, () => {
    suite(opening.lab);
  });
}

function suite(lab: Lab): void {
  let guest: Guest;
  beforeAll(async () => {
    guest = await lab.start('web');
  });
  afterAll(() => lab.close());

  it('raises vcpus and memory of a guest while its load is still rising', async () => {
    const path = startPath(lab.uri);
    await path.said(/web appeared/);
    const watch = watchDomain(lab, 'web');

    const steps = await raiseLoad(guest);
    const { summary, said } = await path.stop();

    const seen = await watch.stop();
    process.stderr.write(timeline({ steps, seen, said }));
    const [first, last] = [steps.at(0)?.at ?? 0, steps.at(-1)?.at ?? 0];
    for (const raise of [seen.find(({ vcpus }) => vcpus > 1), seen.find(({ kib }) => kib > KIB_256_MIB)]) {
      expect(raise?.at).toBeGreaterThan(first);
      expect(raise?.at).toBeLessThan(last);
    }
    expect(await lab.stat('web', 'vcpu.current')).toBeGreaterThan(1);
    expect(await lab.stat('web', 'balloon.current')).toBeGreaterThan(KIB_256_MIB);
    expect((await guest.stat())['cpus']).toBeGreaterThan(1);
    expect(summary).toMatchObject({ failed: 0 });
    expect(summary['applied']).toBeGreaterThanOrEqual(2);
    expect(summary['vms']).toBeGreaterThanOrEqual(2);
  });
}

interface Step {
  readonly at: number;
  readonly load: string;
}

/** From 20 % of a CPU and 20 MB to 160 % and 160 MB; each step is dated when the guest has begun it. */
async function raiseLoad(guest: Guest): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (let step = 1; step <= STEPS; step += 1) {
    const load = `cpu ${step * 20} % mem ${step * 20} MB`;
    await guest.tell(`cpu ${step * 20}`);
    await guest.tell(`mem ${step * 20}`);
    steps.push({ at: Date.now(), load });
    if (step < STEPS) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  return steps;
}

interface Sight {
  readonly at: number;
  readonly vcpus: number;
  readonly kib: number;
}

/** libvirt's own word on the domain, twice a second. */
function watchDomain(lab: Lab, domain: string): { readonly stop: () => Promise<readonly Sight[]> } {
  const seen: Sight[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const [vcpus, kib] = [await lab.stat(domain, 'vcpu.current'), await lab.stat(domain, 'balloon.current')];
      seen.push({ at: Date.now(), vcpus, kib });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      return seen;
    },
  };
}

/** `npm start -- --libvirt URI ...`, without npm between. */
function startPath(uri: string) {
  const args = ['lib/cli/main.ts', 'up', '--headless', '--json', '--for', '180s', '--libvirt', uri];
  const child = spawn(process.execPath, [...args, '--policies', 'test/kvm/policies.yaml'], { cwd: ROOT });
  const exit = once(child, 'exit');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return {
    said: async (words: RegExp): Promise<void> => {
      while (!words.test(stderr)) {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${stderr}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    stop: async () => {
      child.kill('SIGINT');
      const [code] = (await exit) as [number | null];
      if (code !== 0) throw new Error(`it ended with ${String(code)}: ${stderr}`);
      const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>;
      return { summary, said: stderr };
    },
  };
}

/** When the load rose and when libvirt showed what, for whoever reads the log. */
function timeline({
  steps,
  seen,
  said,
}: {
  readonly steps: readonly Step[];
  seen: readonly Sight[];
  said: string;
}): string {
  const changes = seen.filter(({ vcpus, kib }, i) => vcpus !== seen[i - 1]?.vcpus || kib !== seen[i - 1]?.kib);
  const lines = [
    ...steps.map(({ at, load }) => ({ at, text: `load     ${load}` })),
    ...changes.map(({ at, vcpus, kib }) => ({ at, text: `libvirt  ${vcpus} vcpus, ${kib / 1024} MiB` })),
  ].sort((a, b) => a.at - b.at);
  const start = lines[0]?.at ?? 0;
  const decisions = said.split('\n').filter((line) => line.includes(' web '));
  return [
    ...lines.map(({ at, text }) => `${((at - start) / 1000).toFixed(1).padStart(6)} s  ${text}`),
    ...decisions,
    '',
  ].join('\n');
}
