import { MemoryReplay } from '../../../lib/core/whatif/memory-replay.ts';
import { missRatioCurve } from '../../../lib/core/whatif/miss-ratio-curve.ts';

const MIB = 2 ** 20;
const need = { mustHave: 600 * MIB, cached: 300 * MIB, ages: [] };
const work = { read: MIB, written: 0, requests: 10, busy: 0.1 };

describe('memory at another size', () => {
  it('asks for nothing more where all has room', () => {
    const step = new MemoryReplay(undefined).step(need, { size: 900 * MIB, inForce: 2 ** 30 }, work);

    expect(step).toEqual({ short: 0, extraRead: [0, 0], isEpisode: false });
  });

  it('reads a page cache that has no room again at most once a minute where ages are unknown', () => {
    const step = new MemoryReplay(undefined).step(need, { size: 840 * MIB, inForce: 2 ** 30 }, work);

    expect(step.extraRead).toEqual([0, MIB]);
  });

  it('drops the oldest pages first, which come again the least', () => {
    const ages = [
      { ageMs: 10_000, bytes: 250 * MIB },
      { ageMs: 100_000, bytes: 50 * MIB },
    ];

    const step = new MemoryReplay(undefined).step({ ...need, ages }, { size: 830 * MIB, inForce: 2 ** 30 }, work);

    // 70 MiB have no room: 50 last used 10 to 100 s ago, at most every 10 s, and 20 used since, at most every second.
    expect(step.extraRead).toEqual([0, 25 * MIB]);
  });

  it('counts an episode for each time that what cannot be dropped stops fitting', () => {
    const replay = new MemoryReplay(undefined);

    const steps = [700, 700, 500, 700].map((mib) =>
      replay.step({ ...need, mustHave: mib * MIB }, { size: 600 * MIB, inForce: 2 ** 30 }, work),
    );

    expect(steps.map(({ isEpisode }) => isEpisode)).toEqual([true, false, false, true]);
    expect(steps.map(({ short }) => short / MIB)).toEqual([100, 100, 0, 100]);
  });

  it('reads more, or less, by the miss ratios of the two page caches', () => {
    // Half of the references hit within 200 MiB, the rest within 400 MiB, but for one in ten.
    const curve = missRatioCurve(
      new Map([
        [200, 5],
        [400, 4],
      ]),
      10,
      MIB,
    );
    const replay = new MemoryReplay(curve);

    const smaller = replay.step(need, { size: 700 * MIB, inForce: 900 * MIB }, work);
    const larger = replay.step(need, { size: 1000 * MIB, inForce: 900 * MIB }, work);

    expect(smaller.extraRead).toEqual([MIB, MIB]);
    expect(larger.extraRead[0]).toBeCloseTo(-0.8 * MIB, 6);
  });
});
