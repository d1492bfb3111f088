import fc from 'fast-check';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { FLEET_PRIORS } from '../../lib/core/forecast/fleet-prior.ts';
import { MeterModel } from '../../lib/core/forecast/meter-model.ts';
import type { Steps } from '../../lib/core/forecast/steps.ts';

interface Seen {
  readonly value: number;
  readonly capped: boolean;
}

const steps = fc.record({ lead: fc.integer({ min: 1, max: 8 }), hold: fc.integer({ min: 1, max: 8 }) });
const exact = (value: fc.Arbitrary<number>, minLength = 1): fc.Arbitrary<Seen[]> =>
  fc.array(
    value.map((known) => ({ value: known, capped: false })),
    { minLength, maxLength: 120 },
  );
const modest = fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e6, noNaN: true }));

function forecastOf(samples: readonly Seen[], window: Steps): number[] {
  const model = new MeterModel(FLEET_PRIORS.cpu);
  for (const [i, sample] of samples.entries()) model.observe({ ...sample, at: i * 60_000, step: 60_000 }, window);
  const values: number[] = [];
  model.read(values, { at: samples.length * 60_000, step: 60_000 }, window);
  return values;
}

describe('a forecast', () => {
  it('is finite, not negative and rises with the level, whatever is seen', () => {
    const anything = fc.array(
      fc.record({ value: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), capped: fc.boolean() }),
      { minLength: 1, maxLength: 120 },
    );
    fc.assert(
      fc.property(anything, steps, (samples, window) => {
        const values = forecastOf(samples, window);

        expect(values).toHaveLength(LEVELS.length);
        for (const [q, value] of values.entries()) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(q === 0 ? 0 : values[q - 1]!);
        }
      }),
    );
  });

  it('of a constant is never below it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        steps,
        (value, n, window) => {
          for (const known of forecastOf(new Array<Seen>(n).fill({ value, capped: false }), window))
            expect(known).toBeGreaterThanOrEqual(value);
        },
      ),
    );
  });

  it('scales with what is seen', () => {
    fc.assert(
      fc.property(exact(modest), steps, fc.constantFrom(2 ** -10, 2 ** 20), (samples, window, by) => {
        const plain = forecastOf(samples, window);
        const scaled = forecastOf(
          samples.map(({ value }) => ({ value: value * by, capped: false })),
          window,
        );

        for (const [q, value] of plain.entries())
          expect(Math.abs(scaled[q]! / by - value)).toBeLessThanOrEqual(0.05 * value + 1e-9);
      }),
    );
  });

  it('is never lowered by samples at a limit below what was forecast before and had been reached', () => {
    fc.assert(
      fc.property(
        exact(modest),
        fc.array(modest, { minLength: 1, maxLength: 40 }),
        steps,
        (samples, limits, window) => {
          const model = new MeterModel(FLEET_PRIORS.cpu);
          for (const [i, sample] of samples.entries()) model.observe({ ...sample, at: i * 1000, step: 1000 }, window);
          // What was reached long ago counts for less: a twentieth in a hundred samples.
          const reached = 0.95 * Math.max(0, ...samples.map(({ value }) => value));
          const [before, after]: number[][] = [[], []];
          model.read(before!, { at: (samples.length - 1) * 1000, step: 1000 }, window);
          for (const [i, value] of limits.entries()) {
            const now = { at: (samples.length + i) * 1000, step: 1000 };
            model.observe({ value, capped: true, ...now }, window);
            model.read(after!, now, window);

            for (const q of LEVELS.keys())
              expect(after![q]!).toBeGreaterThanOrEqual(Math.min(before![q]!, reached) * 0.9999);
          }
        },
      ),
    );
  });

  it('knows a level that was only ever seen at a limit', () => {
    const window = { lead: 1, hold: 1 };
    const model = new MeterModel(FLEET_PRIORS.cpu);
    const values: number[] = [];
    for (let i = 0; i < 400; i += 1)
      model.observe({ value: i < 200 ? 1 : 8, capped: i >= 200, at: i * 1000, step: 1000 }, window);
    model.read(values, { at: 399_000, step: 1000 }, window);

    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(8);
      expect(value).toBeLessThan(10);
    }
  });
});
