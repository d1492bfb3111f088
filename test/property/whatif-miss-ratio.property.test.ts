import fc from 'fast-check';
import { ExactMissRatio } from '../../lib/core/whatif/exact-miss-ratio.ts';
import { HighestFirst } from '../../lib/core/whatif/highest-first.ts';
import type { MissRatioCurve } from '../../lib/core/whatif/miss-ratio-curve.ts';
import { ReuseDistances } from '../../lib/core/whatif/reuse-distances.ts';
import { SampledMissRatio, type Sampling } from '../../lib/core/whatif/sampled-miss-ratio.ts';

const block = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 500 }), fc.maxSafeNat());
const blocks = fc.array(block, { maxLength: 400 });
const sampling: fc.Arbitrary<Sampling> = fc.oneof(
  fc.record({ rate: fc.double({ min: 0.001, max: 1, noNaN: true }) }),
  fc.record({ rate: fc.constantFrom(1, 0.5), mostBlocks: fc.integer({ min: 1, max: 60 }) }),
);

/** The distance by Mattson's list: the place of the block in the order of last use. */
function distancesByList(references: readonly number[]): (number | undefined)[] {
  const stack: number[] = [];
  return references.map((one) => {
    const at = stack.indexOf(one);
    if (at >= 0) stack.splice(at, 1);
    stack.unshift(one);
    return at < 0 ? undefined : at + 1;
  });
}

const exactOf = (references: readonly number[]): MissRatioCurve => {
  const curve = new ExactMissRatio();
  for (const one of references) curve.reference(one);
  return curve.curve(1);
};
const sampledOf = (references: readonly number[], how: Sampling): MissRatioCurve => {
  const curve = new SampledMissRatio(how);
  for (const one of references) curve.reference(one);
  return curve.curve(1);
};
const points = ({ blocks: sizes, missRatios }: MissRatioCurve): number[][] => [[...sizes], [...missRatios]];

describe('reuse distances', () => {
  it('are the places in the order of last use', () => {
    fc.assert(
      fc.property(blocks, (references) => {
        const distances = new ReuseDistances();

        expect(references.map((one) => distances.reference(one))).toEqual(distancesByList(references));
      }),
    );
  });

  it('are those of a stream without the blocks that were forgotten', () => {
    fc.assert(
      fc.property(blocks, blocks, block, (before, after, gone) => {
        const [one, other] = [new ReuseDistances(), new ReuseDistances()];
        for (const each of before) one.reference(each);
        one.forget(gone);
        for (const each of before) if (each !== gone) other.reference(each);

        expect(after.map((each) => one.reference(each))).toEqual(after.map((each) => other.reference(each)));
      }),
    );
  });
});

describe('a miss-ratio curve', () => {
  it('of all blocks is the exact one', () => {
    fc.assert(
      fc.property(blocks, (references) => {
        expect(points(sampledOf(references, { rate: 1 }))).toEqual(points(exactOf(references)));
      }),
    );
  });

  it('falls with the size and stays between 0 and 1, however it is sampled', () => {
    fc.assert(
      fc.property(blocks, sampling, (references, how) => {
        const { missRatioAt, missRatios } = sampledOf(references, how);
        const ratios = [0, 1, 2, 3, 5, 10, 50, 1000, 1e9].map(missRatioAt);

        expect(ratios).toEqual([...ratios].sort((a, b) => b - a));
        expect([...missRatios]).toEqual([...missRatios].sort((a, b) => b - a));
        for (const ratio of [...ratios, ...missRatios]) {
          expect(ratio).toBeGreaterThanOrEqual(0);
          expect(ratio).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('is the same for the same references', () => {
    fc.assert(
      fc.property(blocks, sampling, (references, how) => {
        expect(points(sampledOf(references, how))).toEqual(points(sampledOf([...references], how)));
      }),
    );
  });

  it('of two streams without a common block, one after the other, hits as often as both alone', () => {
    fc.assert(
      fc.property(blocks, blocks, (first, second) => {
        const [evens, odds] = [first.map((one) => (one % 1000) * 2), second.map((one) => (one % 1000) * 2 + 1)];
        fc.pre(evens.length > 0 && odds.length > 0);
        const [all, a, b] = [exactOf([...evens, ...odds]), exactOf(evens), exactOf(odds)];

        for (const size of [1, 2, 5, 20, 1e6]) {
          const misses = a.missRatioAt(size) * a.references + b.missRatioAt(size) * b.references;
          expect(all.missRatioAt(size) * all.references).toBeCloseTo(misses, 6);
        }
      }),
    );
  });

  it('follows no more blocks than it may', () => {
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 20 }), (references, mostBlocks) => {
        const curve = new SampledMissRatio({ rate: 1, mostBlocks });
        const seen = references.map((one) => {
          curve.reference(one);
          return { size: curve.size, rate: curve.rate };
        });

        const rates = seen.map(({ rate }) => rate);
        expect(Math.max(0, ...seen.map(({ size }) => size))).toBeLessThanOrEqual(mostBlocks);
        expect(rates).toEqual([...rates].sort((a, b) => b - a));
      }),
    );
  });
});

describe('blocks by their hash', () => {
  it('come out the highest first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 60 }), (hashes) => {
        const heap = new HighestFirst(hashes.length);
        for (const hash of hashes) heap.push(hash, hash);

        const found = hashes.map(() => heap.pop());

        expect(found).toEqual([...hashes].sort((a, b) => b - a));
        expect(heap.pop()).toBeNaN();
      }),
    );
  });
});
