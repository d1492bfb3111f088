import type { Frame } from '../../../lib/core/trace/frame.ts';
import type { WhatIfStep } from '../../../lib/core/whatif/what-if.ts';
import { selfConsistencyOf } from '../../../lib/core/whatif/self-consistency.ts';
import { framesOfSeries } from '../../../lib/core/whatif/series-frames.ts';
import { replayAt } from '../../../lib/core/whatif/replay-at.ts';
import { parseCandidate } from '../../../lib/core/whatif/candidate.ts';
import { aFrame } from '../../support/builders.ts';

const PRICES = { source: 'a test', date: '2026-01-01', perUnitHour: { cpu: 0.04, memory: 0.005 } };

/** One frame a second, each with `cpu` vCPUs busy of 2, of 4 GiB. */
const frames = (cpu: readonly number[], parts: (i: number) => Partial<Frame> = () => ({})): Frame[] =>
  cpu.map((busy, i) =>
    aFrame({ cpu: busy, at: 1_000_000 + 1_000 * i, allocation: { cpu: 2, memory: 4 * 2 ** 30 }, ...parts(i) }),
  );

describe('a replay at another size', () => {
  it('says how long work would have waited, and when more came than the size gives', () => {
    const trace = frames([
      ...Array<number>(60).fill(0.5),
      ...Array<number>(60).fill(1.5),
      ...Array<number>(120).fill(0),
    ]);

    const { cpu, seconds, intervals } = replayAt(parseCandidate('cpu=1'), trace);

    expect({ seconds, intervals }).toEqual({ seconds: 240, intervals: 240 });
    // 30 vCPU-seconds pile up in a minute and go in half a minute; on average 15 s of wait for 90 of the 120 units of work.
    expect(cpu).toMatchObject({ violationMinutes: 1, unservedShare: 0 });
    expect(cpu?.backlogMinutes).toBeCloseTo(89 / 60, 6);
    expect(cpu?.meanSeconds).toBeGreaterThan(11);
    expect(cpu?.meanSeconds).toBeLessThan(12);
    expect(cpu?.p99Seconds).toBeGreaterThan(28);
    expect(cpu?.p99Seconds).toBeLessThan(31);
  });

  it('leaves what the size does not name as it was, and prices both', () => {
    const { money, memory } = replayAt(parseCandidate('cpu=1'), frames([0.5, 0.5]), { prices: PRICES });

    expect(memory).toMatchObject({ outOfMemoryEpisodes: 0, extraRead: [0, 0], extraReadFrom: 'bounds' });
    expect(money?.perMonthInForce).toBeCloseTo(730 * (2 * 0.04 + 4 * 0.005), 9);
    expect(money?.perMonth).toBeCloseTo(730 * (0.04 + 4 * 0.005), 9);
  });

  it('sends what a smaller page cache reads again to the disk', () => {
    const values = (cached: number): Frame['values'] => ({
      cpuRunUs: 0,
      memoryTotalBytes: 4 * 2 ** 30,
      memoryAvailableBytes: 3 * 2 ** 30,
      memoryCachedBytes: cached,
    });
    const disk = { name: 'a', reads: 100, writes: 0, flushes: 0, readBytes: 1e6, writeBytes: 0 };
    const times = { readUs: 0, writeUs: 0, busyUs: 300_000, queueUs: 300_000 };
    const trace = frames([0, 0, 0], () => ({ values: values(2 * 2 ** 30), disks: [{ ...disk, ...times }] }));
    const size = parseCandidate('memory=2GiB,disk_read=10MB/s');

    const roomy = replayAt({ ...size, size: { disk_read: 10e6 } }, trace);
    const tight = replayAt(size, trace);

    expect(roomy.disk).toMatchObject({ violationMinutes: 0 });
    // A GiB of cache has no room: at most that much a minute, 18 MB/s, beside the 1 MB/s that is read.
    expect(tight.memory?.extraRead).toEqual([0, 2 ** 30 / 60]);
    expect(tight.disk).toMatchObject({ violationMinutes: 0.05 });
  });

  it('says nothing of what neither trace nor size knows', () => {
    const trace = [aFrame({ values: { memoryTotalBytes: 100, memoryAvailableBytes: 50 }, allocation: {} })];

    const answer = replayAt(parseCandidate('net_tx=1Mbit/s'), trace);

    expect(Object.keys(answer).sort()).toEqual(['candidate', 'cappedShare', 'intervals', 'memory', 'seconds']);
  });

  it('tells how much of the time a meter was at its limit', () => {
    const { cappedShare } = replayAt({ label: '', size: {} }, frames([2, 2, 0.1, 0.1]));

    expect(cappedShare).toEqual({ cpu: 0.5 });
  });

  it('takes an interval of no length as none', () => {
    expect(replayAt({ label: '', size: {} }, [aFrame({ interval: 0 })])).toMatchObject({ intervals: 0, seconds: 0 });
  });
});

describe('a trace against itself', () => {
  /** Work in waves; tasks stall for `share` of what an open queue would, and for a twentieth of the work besides. */
  const measured = (share: number): Frame[] => {
    const cpu = Array.from({ length: 200 }, (_, i) => 1 + 0.9 * Math.sin(i / 7));
    const stalled = (busy: number): number => share * (busy / 2) ** Math.sqrt(6) + 0.05 * busy;
    return frames(cpu).map((frame, i) => ({
      ...frame,
      values: { ...frame.values, cpuSomeUs: Math.round(1e6 * stalled(cpu[i] ?? 0)) },
    }));
  };

  it('is replayed as it was measured, each interval from those before it', () => {
    const trace = measured(0.6);

    const { cpuStall } = selfConsistencyOf(trace);

    expect(cpuStall?.intervals).toBe(180);
    expect(cpuStall?.relativeError).toBeLessThan(0.05);
    expect(cpuStall?.rankCorrelation).toBeGreaterThan(0.99);
  });

  it('is not replayed by what it measured later', () => {
    const trace = [...measured(0.1).slice(0, 100), ...measured(0.9).slice(100)];
    const shares = (frames: readonly Frame[]): (number | undefined)[] => {
      const steps: WhatIfStep[] = [];
      replayAt({ label: '', size: {} }, frames, { onStep: (step) => steps.push(step) });
      return steps.map(({ cpuStall }) => cpuStall);
    };

    expect(shares(trace).slice(0, 101)).toEqual(shares(measured(0.1)).slice(0, 101));
    expect(shares(trace)[130]).not.toBeCloseTo(shares(measured(0.1))[130] ?? 0, 2);
  });

  it('stalls more at a smaller size, by its own measure', () => {
    const trace = measured(0.6);

    const [smaller, inForce] = ['cpu=1.5', 'cpu=2'].map((size) => replayAt(parseCandidate(size), trace).cpu);

    expect(inForce?.stallFrom).toBe('measured');
    expect(inForce?.stallShare).toBeGreaterThan(0.1);
    expect(smaller?.stallShare).toBeGreaterThan(1.5 * (inForce?.stallShare ?? 0));
  });

  it('has no figure where nothing was measured', () => {
    const series = {
      vm: 'a',
      times: Float64Array.from({ length: 60 }, (_, i) => 300_000 * i),
      meters: { cpu: new Float64Array(60).fill(0.5), disk_read: new Float64Array(60).fill(1000) },
      cpuCapacity: new Float64Array(60).fill(2),
    };
    const trace = Array.from(framesOfSeries(series));

    expect(selfConsistencyOf(trace)).toEqual({});
    expect(replayAt({ label: '', size: {} }, trace).cpu?.stallFrom).toBe('prior');
  });
});

describe('recorded use as frames', () => {
  it('has one step for the first interval and for one after a hole', () => {
    const series = {
      vm: 'a',
      times: Float64Array.from([0, 300_000, 600_000, 90_000_000, 90_300_000]),
      meters: { cpu: Float64Array.from([1, Number.NaN, 1, 1, 1]) },
      cpuCapacity: Float64Array.from([2, 2, 0, 2, 2]),
    };

    const trace = Array.from(framesOfSeries(series));

    expect(trace.map(({ interval }) => interval)).toEqual([300_000, 300_000, 300_000, 300_000, 300_000]);
    expect(trace.map(({ values }) => values.cpuRunUs)).toEqual([3e8, undefined, 3e8, 3e8, 3e8]);
    expect(trace.map(({ allocation }) => allocation?.cpu)).toEqual([2, 2, undefined, 2, 2]);
  });

  it('is told about every interval', () => {
    const steps: WhatIfStep[] = [];

    replayAt(parseCandidate('cpu=1'), frames([0.5, 2]), { onStep: (step) => steps.push(step) });

    expect(steps.map(({ at }) => at)).toEqual([1_000_000, 1_001_000]);
    expect(steps[1]?.cpuDelay).toBeGreaterThan(0.5);
  });
});
