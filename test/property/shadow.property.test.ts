import fc from 'fast-check';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { frameOfSample } from '../../lib/core/trace/sample.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { packZeros, unpackZeros } from '../../lib/core/shadow/zero-runs.ts';

interface Sent {
  readonly sequence: number;
  readonly frame: Frame;
}

const horizon = { lead: 2_000, hold: 3_000 };
const aShadow = () => Shadow.create({ vm: 'a', name: 'a', actuator: 'none' }, 'h', horizon, 0);
const apply = (shadow: Shadow, { sequence, frame }: Sent) => shadow.apply({ host: 'h', epoch: 'e', sequence }, frame);

/** A stream of one frame a second; some at their limit, some with another field missing. */
const stream = fc
  .array(
    fc.record({ cpu: fc.double({ min: 0, max: 64, noNaN: true }), memory: fc.option(fc.nat(), { nil: undefined }) }),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((uses) =>
    uses.map(({ cpu, memory }, i): Sent => ({
      sequence: i + 1,
      frame: {
        vm: 'a',
        at: (i + 1) * 1000,
        interval: 1000,
        values: {
          cpuRunUs: cpu * 1e6,
          cpuCount: 16,
          ...(memory !== undefined && { memoryTotalBytes: 2 ** 31, memoryAvailableBytes: 2 ** 31 - memory }),
        },
      },
    })),
  );

const use = fc.record(
  {
    cpu: fc.double({ min: 0, max: 4, noNaN: true }),
    memory: fc.nat(),
    disk_read: fc.oneof(fc.constant(0), fc.nat()),
    disk_write: fc.nat(),
    net_rx: fc.double({ min: 0, max: 1e9, noNaN: true }),
    net_tx: fc.constant(7),
  },
  { requiredKeys: [] },
);
const day = fc.array(use, { minLength: 60, maxLength: 150 });
const horizons = fc.constantFrom(
  { lead: 60_000, hold: 60_000 },
  { lead: 300_000, hold: 300_000 },
  { lead: 120_000, hold: 180_000 },
);

describe('Shadow', () => {
  it('goes on bit for bit from checkpoints taken anywhere', () => {
    fc.assert(
      fc.property(stream, fc.nat(40), (frames, cut) => {
        const whole = aShadow();
        for (const sent of frames) apply(whole, sent);
        let split = aShadow();
        for (const [i, sent] of frames.entries()) {
          if (i === cut) split = Shadow.decode(split.encode());
          apply(split, sent);
        }

        expect(split.encode()).toEqual(whole.encode());
        expect(split.forecast()).toEqual(whole.forecast());
      }),
    );
  });

  it('goes on bit for bit with all meters over hours, split at any batches, forecasts asked for or not', () => {
    fc.assert(
      fc.property(day, horizons, fc.array(fc.nat(150), { maxLength: 6 }), (uses, window, cuts) => {
        const primary = { vm: 'a', name: 'a', actuator: 'none' } as const;
        const whole = Shadow.create(primary, 'h', window, 0);
        let split = Shadow.create(primary, 'h', window, 0);
        for (const [i, use] of uses.entries()) {
          const frame = frameOfSample({ time: (i + 1) * 60_000, vm: 'a', use, capacity: { cpu: 3 } }, 60_000);
          apply(whole, { sequence: i + 1, frame });
          if (cuts.includes(i)) split = Shadow.decode(split.encode());
          apply(split, { sequence: i + 1, frame });
          if (i % 30 === 0) expect(split.forecast()).toEqual(whole.forecast());
          else whole.forecast();
        }

        expect(split.encode()).toEqual(whole.encode());
      }),
      { numRuns: 15 },
    );
  });

  it('is the same whether frames come once or several times', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(39)), (frames, repeats) => {
        const once = aShadow();
        const often = aShadow();
        for (const [i, sent] of frames.entries()) {
          apply(once, sent);
          apply(often, sent);
          const again = frames[repeats[i] ?? i] ?? sent;
          if (again.sequence <= sent.sequence) expect(apply(often, again)).toBe('duplicate');
        }

        expect(often.encode()).toEqual(once.encode());
      }),
    );
  });

  it('counts each frame once in any order', () => {
    const shuffled = stream.chain((frames) =>
      fc.shuffledSubarray([...frames, ...frames], { minLength: frames.length * 2 }),
    );
    fc.assert(
      fc.property(shuffled, (sent) => {
        const shadow = aShadow();
        const counted = sent.filter((one) => apply(shadow, one) !== 'duplicate');

        expect(counted.length).toBe(sent.length / 2);
        expect(shadow.frames).toBe(sent.length / 2);
        expect(shadow.lastAt).toBe(Math.max(...sent.map(({ frame }) => frame.at)));
      }),
    );
  });

  it('never decodes bytes with a flipped bit', () => {
    fc.assert(
      fc.property(stream, fc.nat(), fc.nat(7), (frames, where, bit) => {
        const shadow = aShadow();
        for (const sent of frames) apply(shadow, sent);
        const bytes = shadow.encode();
        const at = where % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);

        expect(refusalOf(() => Shadow.decode(bytes))).toMatchObject({ code: 'SHADOW_FORMAT' });
      }),
      { numRuns: 40 },
    );
  });
});

describe('zero runs', () => {
  it('unpack to what was packed', () => {
    const bytes = fc.array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255))).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, (original) => {
        expect(unpackZeros(packZeros(original), original.length)).toEqual(original);
      }),
    );
  });

  it('refuse to unpack to another length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (packed) => {
        try {
          expect(unpackZeros(packed, 64)).toHaveLength(64);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'SHADOW_FORMAT' });
        }
      }),
    );
  });
});
