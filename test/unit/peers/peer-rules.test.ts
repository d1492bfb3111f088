import fc from 'fast-check';
import type { PeerRule, PeerSeries } from '../../../lib/core/peers/peer-rule.ts';
import { PEER_RULES } from '../../../lib/core/peers/peer-rules.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../lib/core/units.ts';

const STEP = 5 * MINUTE_MS;

function aSeries(values: readonly number[], other: Partial<PeerSeries> = {}): PeerSeries {
  const step = other.step ?? STEP;
  return {
    meter: 'cpu',
    times: Float64Array.from(values, (_, i) => i * step),
    values: Float64Array.from(values),
    step,
    horizon: { lead: step, hold: step },
    trainedAt: 20 * step,
    resolution: 1e-4,
    ...other,
  };
}

function decide(rule: PeerRule, series: PeerSeries): Float64Array {
  const out = new Float64Array(series.values.length * rule.settings.length).fill(Number.NaN);
  rule.decide(series, out);
  return out;
}

/** The sizes at one setting. */
function sizesAt(id: string, setting: string, series: PeerSeries): number[] {
  const rule = PEER_RULES.find((known) => known.id === id)!;
  const n = series.values.length;
  const k = rule.settings.indexOf(setting);
  return Array.from(decide(rule, series).subarray(k * n, (k + 1) * n));
}

const demand = fc.array(fc.double({ min: 0, max: 100, noNaN: true, noDefaultInfinity: true }), {
  minLength: 2,
  maxLength: 60,
});
const meter = fc.constantFrom('cpu', 'memory', 'disk_read') as fc.Arbitrary<PeerSeries['meter']>;

describe.each(PEER_RULES.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
  it('decides from samples up to now only', () => {
    fc.assert(
      fc.property(demand, meter, fc.nat(), (values, own, cut) => {
        const part = 1 + (cut % (values.length - 1));
        const whole = decide(rule, aSeries(values, { meter: own }));
        const prefix = decide(rule, aSeries(values.slice(0, part), { meter: own }));
        for (let k = 0; k < rule.settings.length; k += 1) {
          const begin = whole.subarray(k * values.length, k * values.length + part);
          expect(Array.from(begin)).toEqual(Array.from(prefix.subarray(k * part, (k + 1) * part)));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('gives a size, never below 0, after every sample at every setting', () => {
    fc.assert(
      fc.property(demand, meter, (values, own) => {
        const sizes = decide(rule, aSeries(values, { meter: own }));
        expect(sizes.every((size) => size >= 0 && size < Infinity)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('holds a constant demand at its most cautious setting', () => {
    const sizes = decide(rule, aSeries(Array.from({ length: 50 }, () => 2)));

    expect(sizes.at(-1)).toBeGreaterThanOrEqual(2);
  });
});

describe('Kubernetes VPA', () => {
  it('counts the peak of a day for memory, not every sample', () => {
    const day = DAY_MS / STEP;
    const values = Array.from({ length: 3 * day }, (_, i) => (i % day === 10 ? 8e9 : 1e9));

    const sizes = sizesAt('vpa-ungated', 'P90 +15 %', aSeries(values, { meter: 'memory', resolution: 1e6 }));

    expect(sizes[5]! / 1e9).toBeCloseTo(1.15, 0);
    expect(sizes.at(-1)! / 1e9).toBeGreaterThan(8 * 1.15);
  });

  it('raises memory by a fifth over what killed it', () => {
    const values = [...Array.from({ length: 20 }, () => 1e9), 4e9, ...Array.from({ length: 20 }, () => 1e9)];

    const sizes = sizesAt('vpa-ungated', 'P50 -50 %', aSeries(values, { meter: 'memory', resolution: 1e6 }));

    expect(sizes[20]).toBeCloseTo(0.5 * 1.2 * 4e9, -3);
  });

  it('keeps a size within its bounds for 12 hours when the updater has its gate', () => {
    const values = Array.from({ length: 600 }, (_, i) => 1 + (i % 2) * 0.2 + i / 600);

    const gated = sizesAt('vpa', 'P90 +15 %', aSeries(values));
    const free = sizesAt('vpa-ungated', 'P90 +15 %', aSeries(values));

    const changes = (sizes: readonly number[]): number[] =>
      [...sizes.keys()].filter((i) => i > 200 && sizes[i] !== sizes[i - 1]);
    const times = changes(gated).map((i) => i * STEP);
    expect(changes(free).length).toBeGreaterThan(times.length);
    for (const [i, at] of times.entries())
      expect(at - (times[i - 1] ?? -Infinity)).toBeGreaterThanOrEqual(12 * HOUR_MS);
  });
});

describe('Autopilot', () => {
  it('keeps the highest size of the last hour', () => {
    const values = [...Array.from({ length: 30 }, () => 1), 9, ...Array.from({ length: 60 }, () => 1)];

    const sizes = sizesAt('autopilot-window', 'P98 +13 %', aSeries(values));

    expect(sizes[30]).toBeGreaterThan(9);
    expect(sizes[41]).toBeGreaterThan(9);
    expect(sizes.at(-1)).toBeLessThan(2);
  });

  it('takes a larger limit when an overrun costs more', () => {
    const values = Array.from({ length: 400 }, (_, i) => 1 + (i % 10) / 10 + (i % 50 === 0 ? 3 : 0));
    const last = (weight: string): number =>
      sizesAt('autopilot-ml', weight, aSeries(values, { resolution: 5e-5 })).at(-1)!;

    expect(last('1')).toBeLessThan(3);
    expect(last('1000')).toBeGreaterThan(4);
  });
});

describe('Compute Optimizer', () => {
  it('changes once a day after its training part', () => {
    const values = Array.from({ length: 3 * 288 }, (_, i) => 1 + i / 100);

    const sizes = sizesAt('compute-optimizer', 'P99 +20 %', aSeries(values, { trainedAt: 288 * STEP }));

    const changes = [...sizes.keys()].filter((i) => i > 288 && sizes[i] !== sizes[i - 1]);
    expect(changes).toEqual([2 * 288]);
  });

  it('forgets what is older than 14 days', () => {
    const values = [100, ...Array.from({ length: 24 * 15 }, () => 1)];

    const sizes = sizesAt('compute-optimizer-live', 'P100 +20 %', aSeries(values, { step: HOUR_MS }));

    expect(sizes[24 * 13]).toBeCloseTo(120);
    expect(sizes.at(-1)).toBeCloseTo(1.2);
  });
});

describe('crane DSP', () => {
  it('forecasts the next cycle of a daily wave, ahead of its rise', () => {
    const values = Array.from({ length: 24 * 10 }, (_, i) => (i % 24 >= 8 && i % 24 < 18 ? 10 : 1) + (i % 5) / 50);

    const sizes = sizesAt('crane-dsp', '+20 %', aSeries(values, { step: HOUR_MS, resolution: 1e-4 }));

    // After sample 24 d + 7 the day has not begun, the size for 24 d + 8 already holds it; 24 d + 18 is night again.
    expect(sizes[24 * 8 + 7]).toBeGreaterThan(10);
    expect(sizes[24 * 8 + 20]).toBeLessThan(8);
  });

  it('falls back to a percentile where nothing repeats', () => {
    const sizes = sizesAt(
      'crane-dsp',
      '+20 %',
      aSeries(
        Array.from({ length: 24 * 10 }, () => 3),
        { step: HOUR_MS },
      ),
    );

    expect(sizes.at(-1)! / 3).toBeGreaterThanOrEqual(1.2);
    expect(sizes.at(-1)! / 3).toBeLessThan(1.3);
  });
});
