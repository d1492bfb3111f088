import fc from 'fast-check';
import { AnomalyWatch, type AnomalyVerdict } from '../../../lib/core/anomaly/anomaly-watch.ts';
import type { Forecast } from '../../../lib/core/forecast/forecast.ts';
import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import type { Meter, PerMeter } from '../../../lib/core/meter.ts';
import { chance } from '../../support/noise-series.ts';
import { refusalOf } from '../../support/refusal-of.ts';

type Values = Partial<Record<Meter, number>>;

/** Samples of a busy VM: all meters move by some 20 % around their level. */
function busy(n: number, seed = 1): Values[] {
  const next = chance(seed);
  const around = (level: number): number => level * (0.8 + 0.4 * next());
  return Array.from({ length: n }, () => ({
    cpu: around(2),
    memory: around(2 ** 32),
    disk_read: around(1e5),
    disk_write: around(1e6),
    net_rx: around(2e5),
    net_tx: around(4e5),
  }));
}

/** The same samples with some meters multiplied from one sample up to another. */
const changed = (samples: readonly Values[], [from, to]: readonly [number, number], factors: PerMeter): Values[] =>
  samples.map((sample, i) => {
    if (i < from || i >= to) return sample;
    const entries = Object.entries(sample).map(([meter, value]) => [meter, value * (factors[meter as Meter] ?? 1)]);
    return Object.fromEntries(entries) as Values;
  });

const demandOf = (values: Values): Partial<Record<Meter, { low: number; high: number }>> =>
  Object.fromEntries(Object.entries(values).map(([meter, value]) => [meter, { low: value, high: value }]));

const watchAll = (samples: readonly Values[], watch = new AnomalyWatch()): AnomalyVerdict[] =>
  samples.map((values) => watch.observe(demandOf(values)));

const anomalousAt = (verdicts: readonly AnomalyVerdict[]): number[] =>
  [...verdicts.keys()].filter((i) => verdicts[i]?.anomalous === true);

/** A forecast of cpu alone, from 1.5 to 2 times the number given. */
const forecastOf = (cpu: number): Forecast => ({
  vm: 'a',
  at: 0,
  lead: 1000,
  hold: 1000,
  levels: LEVELS,
  meters: { cpu: { values: LEVELS.map((level) => cpu * (1 + level)), demand: { low: 1, high: 1 }, samples: 9 } },
});

describe('AnomalyWatch', () => {
  it('finds nothing in steady noise', () => {
    expect(anomalousAt(watchAll(busy(1000)))).toEqual([]);
  });

  it.each([
    { what: 'a rise of cpu', factors: { cpu: 2.5 }, blamed: ['cpu'] },
    { what: 'a drop of network', factors: { net_rx: 0.05, net_tx: 0.05 }, blamed: ['network'] },
    { what: 'a rise of disk writes', factors: { disk_write: 10 }, blamed: ['disk'] },
    { what: 'a rise of memory', factors: { memory: 2 }, blamed: ['memory'] },
    { what: 'a stall', factors: { cpu: 0.1, net_rx: 0.1, net_tx: 0.1 }, blamed: ['cpu', 'network'] },
  ])('finds $what within 10 samples, blames it, and lets go within 10', ({ factors, blamed }) => {
    const verdicts = watchAll(changed(busy(300), [100, 150], factors));

    const found = anomalousAt(verdicts);
    expect(found[0]).toBeGreaterThanOrEqual(100);
    expect(found[0]).toBeLessThan(110);
    expect(found.at(-1)).toBeGreaterThanOrEqual(149);
    expect(found.at(-1)).toBeLessThan(160);
    expect(found).toHaveLength((found.at(-1) ?? 0) - (found[0] ?? 0) + 1);
    expect(verdicts[130]?.resources).toEqual(blamed);
  });

  it('lets a single spike pass, however tall', () => {
    const samples = [80, 120, 160].reduce((all, at) => changed(all, [at, at + 1], { cpu: 1e6 }), busy(300));

    expect(anomalousAt(watchAll(samples))).toEqual([]);
  });

  it('says nothing in its first 20 samples', () => {
    const verdicts = watchAll(changed(busy(20), [8, 20], { cpu: 5, net_rx: 0.01 }));

    expect(verdicts.map(({ score }) => score)).toEqual(new Array(20).fill(0));
  });

  it('takes what lasts longer than 120 samples as the new normal', () => {
    const verdicts = watchAll(changed(busy(300), [100, 300], { cpu: 3 }));

    const found = anomalousAt(verdicts);
    expect(found.length).toBeGreaterThan(100);
    expect(found.at(-1)).toBeLessThan(240);
  });

  it('asks for more after a fault than before it', () => {
    const twice = changed(changed(busy(300), [100, 106], { cpu: 3 }), [150, 156], { cpu: 3 });
    const verdicts = watchAll(twice);

    const [first = 0, second = 0] = [verdicts[105]?.score, verdicts[155]?.score];
    expect(first).toBeGreaterThan(7);
    expect(second).toBeLessThan(0.7 * first);
  });

  it('names no resource and is not anomalous below the threshold, whatever the threshold', () => {
    const samples = changed(busy(200), [100, 150], { cpu: 3 });
    const strict = watchAll(samples, new AnomalyWatch(1000));

    expect(anomalousAt(strict)).toEqual([]);
    expect(Math.max(...strict.map(({ score }) => score))).toBeGreaterThan(7);
    expect(strict.every(({ resources }) => resources.length === 0)).toBe(true);
  });

  it('is less surprised by a rise that the shadow forecast, the longer the shadow knows the vm', () => {
    const samples = changed(busy(1500), [1400, 1406], { cpu: 3 });
    const scoresWith = (expected: number): number => {
      const watch = new AnomalyWatch(1000);
      return Math.max(
        ...samples.map((values, i) => {
          watch.expect(forecastOf(i >= 1400 ? expected : 2));
          return watch.observe(demandOf({ cpu: values.cpu ?? 0 })).score;
        }),
      );
    };

    expect(scoresWith(8)).toBeLessThan(0.7 * scoresWith(2));
  });

  it('holds to the forecast from before a fault, and keeps it in its bytes', () => {
    const samples = changed(busy(1500), [1400, 1410], { cpu: 3 });
    const scoreAfter = (later: number): number => {
      let watch = new AnomalyWatch(1000);
      let score = 0;
      for (const [i, { cpu = 0 }] of samples.slice(0, 1410).entries()) {
        watch.expect(forecastOf(i > 1402 ? later : 2));
        watch = i < 1395 ? watch : AnomalyWatch.decode(watch.encode(), 1000);
        ({ score } = watch.observe(demandOf({ cpu })));
      }
      return score;
    };

    expect(scoreAfter(8)).toBe(scoreAfter(2));
  });

  it('keeps what it knows of a meter that a sample lacks', () => {
    const samples = busy(200).map((values, i) => (i % 3 === 0 ? values : { cpu: values.cpu ?? 0 }));

    expect(anomalousAt(watchAll(samples))).toEqual([]);
    expect(watchAll([{}, {}, {}]).map(({ score }) => score)).toEqual([0, 0, 0]);
  });

  it('goes on bit for bit from its bytes, at any cut', () => {
    const samples = changed(busy(160), [60, 100], { cpu: 4, net_tx: 0.01 });
    const whole = watchAll(samples);

    fc.assert(
      fc.property(fc.integer({ min: 0, max: samples.length }), (cut) => {
        const watch = new AnomalyWatch();
        const before = watchAll(samples.slice(0, cut), watch);
        const after = watchAll(samples.slice(cut), AnomalyWatch.decode(watch.encode()));

        expect([...before, ...after]).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  it('keeps at most 750 bytes, however long it watches', () => {
    const watch = new AnomalyWatch();
    watchAll(busy(600), watch);

    expect(watch.encode().length).toBeLessThanOrEqual(750);
  });

  it('gives finite scores and no anomaly without a reason, whatever it is shown', () => {
    const value = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.record({ cpu: value, disk_read: value }), { maxLength: 80 }), (shown) => {
        const watch = new AnomalyWatch();
        for (const { cpu, disk_read } of shown) {
          const known = { ...(cpu !== undefined && { cpu }), ...(disk_read !== undefined && { disk_read }) };
          const { score, anomalous, resources } = watch.observe(demandOf(known));
          expect(Number.isFinite(score)).toBe(true);
          expect(anomalous || resources.length === 0).toBe(true);
        }
      }),
    );
  });

  it('gives the same scores in any power of two of the unit', () => {
    const samples = changed(busy(120), [60, 90], { cpu: 3, disk_write: 0.1 });
    const whole = watchAll(samples);

    fc.assert(
      fc.property(fc.integer({ min: -20, max: 20 }), (power) => {
        const scaled = changed(samples, [0, 120], { cpu: 2 ** power, disk_write: 2 ** power });
        for (const [i, { score }] of watchAll(scaled).entries()) expect(score).toBeCloseTo(whole[i]?.score ?? 0, 6);
      }),
      { numRuns: 8 },
    );
  });

  it('refuses bytes that are not its own, or that are cut', () => {
    const watch = new AnomalyWatch();
    watchAll(busy(30), watch);
    const bytes = watch.encode();

    for (const wrong of [new Uint8Array(0), bytes.slice(1), bytes.slice(0, 40), new Uint8Array(300).fill(7)]) {
      expect(refusalOf(() => AnomalyWatch.decode(wrong))).toMatchObject({ code: 'SHADOW_FORMAT' });
    }
  });

  it.each([0, -1, Number.NaN])('refuses a threshold of %d', (threshold) => {
    expect(() => new AnomalyWatch(threshold)).toThrow(RangeError);
  });
});
