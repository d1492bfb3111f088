import { Burstiness, burstDelay } from '../../../lib/core/whatif/burstiness.ts';
import { CpuReplay } from '../../../lib/core/whatif/cpu-replay.ts';
import { DiskReplay } from '../../../lib/core/whatif/disk-replay.ts';
import { NetworkReplay } from '../../../lib/core/whatif/network-replay.ts';
import { fluidArea, plainLimit, TokenBucket } from '../../../lib/core/whatif/token-bucket.ts';
import { parseVolume } from '../../../lib/core/whatif/volume.ts';

describe('a fluid queue', () => {
  it('keeps what does not fit and works it off', () => {
    const queue = new TokenBucket();
    const limit = plainLimit(2);

    const backlogs = [3, 3, 1, 0, 5].map((demand) => queue.step(limit, demand, 1).backlog);

    expect(backlogs).toEqual([1, 2, 1, 0, 3]);
  });

  it('counts the area under a backlog that empties within the interval', () => {
    // 4 waiting, served at 8 more than comes: gone after half a second, a triangle of 4 x 0.5 / 2.
    expect(fluidArea(4, -8, 1)).toBe(1);
    expect(fluidArea(0, -8, 1)).toBe(0);
    expect(fluidArea(1, 2, 2)).toBe(6);
  });

  it('spends credits at the peak rate, then gives the baseline, then saves up again', () => {
    const bucket = new TokenBucket();
    const limits = { rate: 100, peak: 300, depth: 400 };

    const served = [300, 300, 300, 0, 0, 300].map((demand) => {
      const { service } = bucket.step(limits, demand, 1);
      return service;
    });

    // 400 credits: two seconds at 200 above the baseline; 200 in two idle seconds are 100 short of what waits and comes.
    expect(served).toEqual([300, 300, 100, 100, 100, 100]);
  });
});

describe('bursts within an interval', () => {
  it('are as large as half the index of dispersion of the work', () => {
    const bursts = new Burstiness();
    let burst = 0;
    // Work of 0 and 2 in turn: neighbours differ by 2, so 4 / (4 x 1) = 1.
    for (let i = 0; i < 500; i += 1) burst = bursts.see(i % 2 === 0 ? 0 : 2);

    expect(burst).toBeCloseTo(1, 1);
  });

  it('are none for even work', () => {
    const bursts = new Burstiness();

    for (let i = 0; i < 10; i += 1) expect(bursts.see(3)).toBe(0);
  });

  it('wait longer the busier it gets, and never without end', () => {
    const delays = [0.1, 0.5, 0.9, 0.99, 1, 1.5].map((demand) =>
      burstDelay({ burst: 0.1, demand, capacity: 1, seconds: 1 }),
    );

    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays.at(-1)).toBeLessThan(1);
  });
});

describe('cpu at another size', () => {
  it('makes overload wait for the backlog over the vCPUs', () => {
    const replay = new CpuReplay();

    const steps = [2, 2].map((demand) => replay.step(demand, 1, 10));

    // The backlog grows from 0 to 10 to 20 vCPU-seconds; the mean of each interval is waited for at 1 vCPU.
    expect(steps.map(({ backlog }) => backlog)).toEqual([10, 20]);
    expect(steps.map(({ fluidDelay }) => fluidDelay)).toEqual([5, 15]);
    expect(steps[1]).toMatchObject({ isViolation: true, saturation: 1 });
  });

  it('lets even work below the size wait for nothing', () => {
    const replay = new CpuReplay();

    const step = [1, 1].map((demand) => replay.step(demand, 2, 1))[1];

    expect(step).toMatchObject({ delay: 0, backlog: 0, isViolation: false, saturation: 0 });
    expect(step?.stallSignal).toBeCloseTo(0.5 ** Math.sqrt(6), 12);
  });
});

describe('a disk at another size', () => {
  const work = { read: 10e6, written: 0, requests: 100, busy: 0.5 };
  const plain = { extraRead: 0, seconds: 1, fit: [0, 1] };

  it('waits at the tightest of its limits', () => {
    const loose = new DiskReplay().step(work, { size: { disk_read: 20e6 } }, plain);
    const tight = new DiskReplay().step(work, { size: { disk_read: 20e6, disk_write: 1e6 } }, plain);
    const tightest = new DiskReplay().step(work, { size: { disk_read: 5e6 } }, plain);

    expect(loose.delay).toBe(0);
    expect(tight.delay).toBe(0);
    // 5 MB left after a second, 2.5 MB on average, at 5 MB/s.
    expect(tightest).toMatchObject({ backlog: 5e6, isViolation: true });
    expect(tightest.delay).toBeCloseTo(0.5, 12);
  });

  it('holds a volume to its operations once the credits are gone', () => {
    const disk = new DiskReplay();
    const volume = parseVolume('gp2:20GiB');
    const busy = { read: 3000 * 4096, written: 0, requests: 3000, busy: 0 };

    const delays = Array.from({ length: 40 }, () =>
      disk.step(busy, { size: {}, volume }, { ...plain, seconds: 60 }),
    ).map(({ delay }) => delay);

    // 5.4 million credits at 2,900 a second above the baseline: 31 minutes.
    expect(delays.findIndex((delay) => delay > 0)).toBe(31);
  });

  it('counts a request above 256 KiB as several operations', () => {
    const volume = parseVolume('gp3:100');
    const megabytes = { read: 60 * 2 ** 20, written: 0, requests: 60, busy: 0 };

    const step = new DiskReplay().step(megabytes, { size: {}, volume }, plain);

    // 240 operations a second at 100: 140 are left, a quarter MiB each.
    expect(step.backlog).toBe(140 * 2 ** 18);
  });

  it('gets a longer queue from what a smaller cache reads again', () => {
    const before = new DiskReplay().step(work, { size: {} }, { ...plain, fit: [0.5, 1] });
    const after = new DiskReplay().step(work, { size: {} }, { extraRead: 6e6, seconds: 1, fit: [0.5, 1] });

    // 60 requests more at 5 ms each: busy for 0.8 of the time.
    expect(before.queue).toBeCloseTo(0.5 + 0.5 * 0.5, 12);
    expect(after.queue).toBeCloseTo(0.8 + 0.5 * (0.64 / 0.2), 12);
    expect(after.delay).toBeGreaterThan(before.delay);
  });

  it('takes an unknown side of a disk as none', () => {
    const step = new DiskReplay().step({ ...work, written: Number.NaN }, { size: { disk_write: 1 } }, plain);

    expect(step).toMatchObject({ work: 10e6, delay: 0 });
  });
});

describe('a network at another size', () => {
  it('bursts for five minutes above its baseline', () => {
    const network = new NetworkReplay();

    const steps = Array.from({ length: 10 }, () => network.step(5, { rate: 1, burst: 5 }, 60));

    expect(steps.map(({ isViolation }) => isViolation)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1].map(Boolean));
  });
});
