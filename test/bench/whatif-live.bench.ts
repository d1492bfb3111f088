/**
 * Whether a replay at another size says what that size really does: `sudo node test/bench/whatif-live.bench.ts [seconds]`.
 *
 * Runs the same jobs (random arrivals, exponential sizes, busy phases) in a control group with 2 vCPUs' worth of quota and
 * with less, and compares the waiting of the jobs, measured by themselves, with the replay of the 2-vCPU run's one-second frames
 * at the smaller sizes. Needs root and the cpu controller (cgroup v1 or v2); the group is removed at the end. Waiting
 * that is there at 2 vCPUs is that of the machine, so run it on a quiet one.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { replayAt } from '../../lib/core/whatif/replay-at.ts';

const SIZES = [2, 1, 0.7, 0.5];
const WORKERS = 4;
const MEAN_JOB_MS = 30;

/** Three columns of every job: arrival and size, ms; when it was done, ms. All from the start of the run. */
interface Jobs {
  readonly arrival: Float64Array;
  readonly size: Float64Array;
  readonly done: Float64Array;
  /** Which job is next, then how many are done. */
  readonly counts: Int32Array;
  readonly startedAt: number;
}

const clock = (): number => performance.timeOrigin + performance.now();

function work({ arrival, size, done, counts, startedAt }: Jobs): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  for (let at = Atomics.add(counts, 0, 1); at < arrival.length; at = Atomics.add(counts, 0, 1)) {
    const early = startedAt + (arrival[at] ?? 0) - clock();
    if (early > 0) Atomics.wait(nobody, 0, 0, early);
    const until = used() + (size[at] ?? 0);
    while (used() < until);
    done[at] = clock() - startedAt;
    Atomics.add(counts, 1, 1);
  }
}

/** The same jobs every time: a load of 0.25 vCPUs, and of 0.85 for 5 of every 15 seconds. */
function jobsFor(seconds: number): Jobs {
  let state = 7;
  const exponential = (mean: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return -mean * Math.log((state + 1) / (2 ** 32 + 1));
  };
  const rows: [arrival: number, size: number][] = [];
  for (let at = 0; at < seconds * 1000;) {
    at += exponential(MEAN_JOB_MS / ((at / 1000) % 15 < 5 ? 0.85 : 0.25));
    rows.push([at, exponential(MEAN_JOB_MS)]);
  }
  const column = (value: (row: readonly [number, number]) => number): Float64Array => {
    const shared = new Float64Array(new SharedArrayBuffer(8 * rows.length));
    shared.set(rows.map(value));
    return shared;
  };
  const counts = new Int32Array(new SharedArrayBuffer(8));
  return {
    arrival: column(([a]) => a),
    size: column(([, s]) => s),
    done: column(() => 0),
    counts,
    startedAt: clock() + 500,
  };
}

/** Runs the jobs; the process's own CPU time as frames, once a second, until all jobs are done. */
async function run(seconds: number): Promise<{ jobs: Jobs; frames: Frame[] }> {
  const jobs = jobsFor(seconds);
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL(import.meta.url), { workerData: jobs }));
  const frames: Frame[] = [];
  let [last, at] = [process.cpuUsage(), clock()];
  while ((jobs.counts[1] ?? 0) < jobs.done.length) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const [used, now] = [process.cpuUsage(), clock()];
    const cpuRunUs = used.user + used.system - last.user - last.system;
    frames.push({ vm: 'live', at: Math.round(now), interval: now - at, values: { cpuRunUs }, allocation: { cpu: 2 } });
    [last, at] = [used, now];
  }
  await Promise.all(workers.map(async (worker) => worker.terminate()));
  return { jobs, frames };
}

/** Mean and 99th percentile of what jobs waited beyond their own size, seconds, by work. */
function measured({ arrival, size, done }: Jobs): { mean: number; p99: number } {
  const rows = Array.from(arrival, (from, i) => ({
    work: size[i] ?? 0,
    wait: ((done[i] ?? 0) - from - (size[i] ?? 0)) / 1000,
  }));
  const all = rows.reduce((sum, { work: w }) => sum + w, 0);
  let left = all / 100;
  const p99 = rows.sort((a, b) => b.wait - a.wait).find(({ work: w }) => (left -= w) < 0)?.wait ?? 0;
  return { mean: rows.reduce((sum, { work: w, wait }) => sum + w * wait, 0) / all, p99 };
}

/** The group that this process is put into; quotas are of 100 ms. */
function group(): { limit: (cpu: number) => void; remove: () => void } {
  const isV1 = existsSync('/sys/fs/cgroup/cpu/cgroup.procs');
  const root = isV1 ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup';
  const path = `${root}/shadowcast-whatif-${process.pid}`;
  mkdirSync(path);
  writeFileSync(`${path}/cgroup.procs`, String(process.pid));
  // The quota is to be what makes jobs wait, not the other work of the machine.
  writeFileSync(isV1 ? `${path}/cpu.shares` : `${path}/cpu.weight`, isV1 ? '100000' : '10000');
  return {
    limit: (cpu) => {
      if (isV1) writeFileSync(`${path}/cpu.cfs_quota_us`, String(Math.round(cpu * 100_000)));
      else writeFileSync(`${path}/cpu.max`, `${Math.round(cpu * 100_000)} 100000`);
    },
    remove: () => {
      writeFileSync(`${root}/cgroup.procs`, String(process.pid));
      rmdirSync(path);
    },
  };
}

async function compare(seconds: number): Promise<void> {
  const own = group();
  try {
    process.stdout.write('cpu      measured mean, p99 s      replayed mean, p99 s (from the run at 2)\n');
    let frames: Frame[] = [];
    for (const cpu of SIZES) {
      own.limit(cpu);
      const one = await run(seconds);
      if (cpu === SIZES[0]) frames = one.frames;
      const real = measured(one.jobs);
      const said = replayAt({ label: String(cpu), size: { cpu } }, frames).cpu;
      const pair = (mean = Number.NaN, p99 = Number.NaN): string =>
        `${mean.toFixed(3).padStart(8)} ${p99.toFixed(3).padStart(8)}`;
      process.stdout.write(
        `${cpu.toFixed(1)}    ${pair(real.mean, real.p99)}         ${pair(said?.meanSeconds, said?.p99Seconds)}\n`,
      );
    }
  } finally {
    own.remove();
  }
}

if (isMainThread) await compare(Number(process.argv[2] ?? 60));
else work(workerData as Jobs);
