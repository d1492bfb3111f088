import fc from 'fast-check';
import { LEVELS } from '../../lib/core/forecast/levels.ts';
import { replaySeries } from '../../lib/core/shadow/replay-series.ts';
import { chance, NOISE, type NoiseKind } from '../support/noise-series.ts';

const STEP = 1000;
const SHIFT = 300;
const FROM = SHIFT + 30;
const TO = SHIFT + 130;

const kinds = fc.constantFrom(...(Object.keys(NOISE) as NoiseKind[]));
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** For each level the share of next samples in 30 to 130 after a shift by `factor` that the forecast held. */
function heldAfter(kind: NoiseKind, seed: number, factor: number): number[] {
  const noise = NOISE[kind](chance(seed));
  const values = Float64Array.from({ length: TO + 1 }, (_, i) => noise() * (i < SHIFT ? 1 : factor));
  const held = LEVELS.map(() => 0);
  let i = 0;
  const series = { vm: 'a', times: values.map((_, n) => (n + 1) * STEP), meters: { cpu: values } };
  replaySeries(
    series,
    { lead: STEP, hold: STEP },
    {
      before: () => undefined,
      after: (shadow) => {
        i += 1;
        if (i < FROM || i >= TO) return;
        const forecast = shadow.forecast()!.meters.cpu!;
        for (const [q, value] of forecast.values.entries()) held[q]! += values[i]! <= value * (1 + 1e-9) ? 1 : 0;
      },
    },
  );
  return held.map((count) => count / (TO - FROM));
}

describe('after a level shift', () => {
  // Bounds of single series of 100 samples; test/bench/level-shift.bench.ts has the figures over many.
  it('upwards, forecasts soon hold about as often as they say', () => {
    fc.assert(
      fc.property(kinds, seeds, fc.constantFrom(2, 5), (kind, seed, factor) => {
        const held = heldAfter(kind, seed, factor);

        for (const [q, level] of LEVELS.entries()) expect(held[q]!).toBeGreaterThan(level - 0.25);
      }),
      { numRuns: 15 },
    );
  });

  it('downwards, half of the demand is soon above the middle of the forecast again', () => {
    fc.assert(
      fc.property(kinds, seeds, fc.constantFrom(1 / 2, 1 / 5), (kind, seed, factor) => {
        expect(heldAfter(kind, seed, factor)[0]).toBeLessThan(0.85);
      }),
      { numRuns: 15 },
    );
  });
});
