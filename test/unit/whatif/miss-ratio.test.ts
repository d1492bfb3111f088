import { visitBlocks } from '../../../lib/core/whatif/block-request.ts';
import { ExactMissRatio } from '../../../lib/core/whatif/exact-miss-ratio.ts';
import { hashOfBlock } from '../../../lib/core/whatif/block-hash.ts';
import { meanAbsoluteError, missRatioCurve } from '../../../lib/core/whatif/miss-ratio-curve.ts';
import { ReuseDistances } from '../../../lib/core/whatif/reuse-distances.ts';
import { SampledMissRatio } from '../../../lib/core/whatif/sampled-miss-ratio.ts';

const [A, B, C] = [1, 2, 3];

/** Blocks of a popularity that falls off, and a loop: what a cache sees. */
function traffic(references: number): number[] {
  let state = 3;
  return Array.from({ length: references }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return i % 3 === 2 ? 1_000_000 + (i % 5000) : Math.floor(20_000 ** (state / 2 ** 32));
  });
}

describe('reuse distances', () => {
  it('count the different blocks since the last reference, the block itself included', () => {
    const distances = new ReuseDistances();

    const found = [A, B, C, A, A, B, B].map((block) => distances.reference(block));

    expect(found).toEqual([undefined, undefined, undefined, 3, 1, 3, 1]);
  });

  it('take a forgotten block as never seen', () => {
    const distances = new ReuseDistances();
    for (const block of [A, B, C]) distances.reference(block);

    distances.forget(B);

    expect(distances.size).toBe(2);
    expect(distances.reference(A)).toBe(2);
    expect(distances.reference(B)).toBeUndefined();
  });

  it('stay right over many references to few blocks', () => {
    const distances = new ReuseDistances();
    for (let i = 0; i < 10_000; i += 1) distances.reference(i % 7);

    expect(distances.reference(10_000 % 7)).toBe(7);
  });
});

describe('a miss-ratio curve', () => {
  it('is that of an LRU cache of each size', () => {
    const exact = new ExactMissRatio();
    for (const block of [A, B, A, C, A, B]) exact.reference(block);
    const curve = exact.curve(4096);

    // Three first references; A comes again after 2 and 2 blocks, B after 3.
    const ratios = [0, 4096, 2 * 4096, 3 * 4096 - 1, 3 * 4096, 1e12].map(curve.missRatioAt);
    expect(ratios.map((ratio) => Math.round(6 * ratio))).toEqual([6, 6, 4, 4, 3, 3]);
    expect(ratios[5]).toBe(0.5);
  });

  it('misses everything where nothing came twice', () => {
    const curve = missRatioCurve(new Map(), 5, 4096);

    expect(curve.missRatioAt(1e9)).toBe(1);
    expect(meanAbsoluteError(curve, curve)).toBe(0);
  });

  it('is close to the exact one from a tenth of the blocks, and from 500 of them', () => {
    const [exact, tenth, few] = [
      new ExactMissRatio(),
      new SampledMissRatio({ rate: 0.1 }),
      new SampledMissRatio({ rate: 1, mostBlocks: 500 }),
    ];
    for (const block of traffic(30_000)) for (const curve of [exact, tenth, few]) curve.reference(block);

    expect(meanAbsoluteError(exact.curve(4096), tenth.curve(4096))).toBeLessThan(0.03);
    expect(meanAbsoluteError(exact.curve(4096), few.curve(4096))).toBeLessThan(0.05);
    expect(few.size).toBeLessThanOrEqual(500);
    expect(few.rate).toBeLessThan(0.1);
  });

  it('refuses to sample nothing, or more than all', () => {
    for (const rate of [0, -1, 1.1, Number.NaN]) expect(() => new SampledMissRatio({ rate })).toThrow(RangeError);
    expect(() => new SampledMissRatio({ rate: 1, mostBlocks: 0 })).toThrow(RangeError);
  });
});

describe('the hash that chooses blocks', () => {
  it('never changes', () => {
    expect([0, 1, 2 ** 32, 2 ** 53 - 1].map(hashOfBlock)).toEqual([
      2_856_213_345, 1_863_002_342, 2_571_226_413, 1_226_561_997,
    ]);
  });

  it('puts a tenth of neighbouring blocks below a tenth of its range', () => {
    let below = 0;
    for (let block = 0; block < 20_000; block += 1) if (hashOfBlock(block) < 2 ** 32 / 10) below += 1;

    expect(below).toBeGreaterThan(1_800);
    expect(below).toBeLessThan(2_200);
  });
});

describe('the blocks of a request', () => {
  it('are all that it touches', () => {
    const touched: number[] = [];

    visitBlocks({ time: 0, kind: 'read', offset: 4000, bytes: 200 }, 4096, (block) => touched.push(block));
    visitBlocks({ time: 0, kind: 'write', offset: 8192, bytes: 4096 }, 4096, (block) => touched.push(block));

    expect(touched).toEqual([0, 1, 2]);
  });
});
