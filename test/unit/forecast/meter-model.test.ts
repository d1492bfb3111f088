import { LEVELS } from '../../../lib/core/forecast/levels.ts';
import { FLEET_PRIORS } from '../../../lib/core/forecast/fleet-prior.ts';
import { MeterModel } from '../../../lib/core/forecast/meter-model.ts';

const steps = { lead: 1, hold: 1 };
const MINUTES_5 = 300_000;

/** A model that has seen the values, five minutes apart. */
function modelOf(values: readonly number[], { capped = false } = {}): MeterModel {
  const model = new MeterModel(FLEET_PRIORS.cpu);
  see(model, values, { from: 0, capped });
  return model;
}

function see(model: MeterModel, values: readonly number[], { from, capped }: { from: number; capped: boolean }): void {
  for (const [i, value] of values.entries())
    model.observe({ value, capped, at: (from + i + 1) * MINUTES_5, step: MINUTES_5 }, steps);
}

function read(model: MeterModel, samples: number): number[] {
  const values: number[] = [];
  model.read(values, { at: samples * MINUTES_5, step: MINUTES_5 }, steps);
  return values;
}

/** Numbers from 0 to 1 that look like chance and are the same on every machine. */
const noise = (n: number): number[] => {
  let state = 42;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  });
};

/** Share of samples above the forecast made one sample before, at each level. */
function missedShares(values: readonly number[], from: number): number[] {
  const model = new MeterModel(FLEET_PRIORS.cpu);
  const missed = LEVELS.map(() => 0);
  let forecast: number[] = [];
  for (const [i, value] of values.entries()) {
    if (i >= from) for (const [q, size] of forecast.entries()) missed[q]! += value > size ? 1 : 0;
    see(model, [value], { from: i, capped: false });
    forecast = read(model, i + 1);
  }
  return missed.map((count) => count / (values.length - from));
}

describe('MeterModel', () => {
  it('forecasts around the only value it knows, and leaves room above it', () => {
    const values = read(modelOf([3]), 1);

    expect(values[0]!).toBeGreaterThanOrEqual(3);
    expect(values[0]!).toBeLessThan(3.6);
    expect(values.at(-1)!).toBeGreaterThan(3.3);
  });

  it('forecasts a constant as that constant in the end, and never below it', () => {
    for (const samples of [1, 20, 500, 3000])
      for (const value of read(modelOf(new Array<number>(samples).fill(0.7)), samples))
        expect(value).toBeGreaterThanOrEqual(0.7);
    for (const value of read(modelOf(new Array<number>(3000).fill(0.7)), 3000)) expect(value).toBeLessThan(0.7 * 1.01);
  });

  it('forecasts zero for a meter that was never used', () => {
    expect(read(modelOf(new Array<number>(50).fill(0)), 50)).toEqual(LEVELS.map(() => 0));
  });

  it('is passed as often as its levels say', () => {
    const shares = missedShares(
      noise(6000).map((x) => 1 + x * x),
      500,
    );

    for (const [q, level] of LEVELS.entries()) {
      const risk = 1 - level;
      expect(Math.abs(shares[q]! - risk)).toBeLessThan(0.0025 + 0.05 * risk);
    }
  });

  it('is calibrated again soon after the level has shifted', () => {
    const shifted = noise(1200).map((x, i) => (i < 600 ? 1 + 0.2 * x : 5 + x));

    const shares = missedShares(shifted, 630);

    expect(shares[LEVELS.indexOf(0.9)]!).toBeLessThan(0.12);
    expect(read(modelOf(shifted), 1200)[0]!).toBeGreaterThan(4.5);
  });

  it('foresees what happens at the same time every day', () => {
    const day = (i: number): number => (i % 288 === 100 ? 8 : 1);
    const days = Array.from({ length: 288 * 12 }, (_, i) => day(i));

    const before = read(modelOf(days.slice(0, 288 * 11 + 100)), 288 * 11 + 100);
    const elsewhere = read(modelOf(days.slice(0, 288 * 11 + 200)), 288 * 11 + 200);

    const at99 = LEVELS.indexOf(0.99);
    expect(before[at99]!).toBeGreaterThan(6);
    expect(elsewhere[at99]!).toBeLessThan(before[at99]! / 2);
  });

  it('does not come down on a plateau at the limit from what it had reached', () => {
    const busy = noise(400).map((x) => 1 + 3 * x);
    const model = modelOf(busy);
    const before = read(model, 400);
    see(model, new Array<number>(300).fill(2), { from: 400, capped: true });

    const after = read(model, 400);

    const reached = 0.8 * Math.max(...busy);
    for (const q of LEVELS.keys()) expect(after[q]!).toBeGreaterThanOrEqual(Math.min(before[q]!, reached) * 0.999);
  });

  it('remembers at the limit what the time of day had reached the day before', () => {
    const model = new MeterModel(FLEET_PRIORS.cpu);
    const [day, opens] = [1440, 600];
    const busy = (i: number): boolean => i % day >= opens && i % day < opens + 30;
    const now = (i: number): { at: number; step: number } => ({ at: i * 60_000, step: 60_000 });
    const limitedFrom = 12 * day + opens;
    for (let i = 0; i < limitedFrom; i += 1) {
      model.observe({ value: (busy(i) ? 8 : 1) + (i % 7) / 70, capped: false, ...now(i) }, steps);
    }
    const [before, after]: number[][] = [[], []];
    model.read(before!, now(limitedFrom - 1), steps);
    for (let i = limitedFrom; i < limitedFrom + 60; i += 1) {
      model.observe({ value: 2, capped: true, ...now(i) }, steps);
    }
    model.read(after!, now(limitedFrom + 59), steps);

    const at99 = LEVELS.indexOf(0.99);
    expect(before![at99]!).toBeGreaterThan(6);
    expect(after![at99]!).toBeGreaterThanOrEqual(0.9 * Math.min(before![at99]!, 8));
  });

  it('lets a late sample raise the maxima and count, without moving time', () => {
    const model = modelOf(new Array<number>(20).fill(1));
    const before = read(model, 20);
    model.late(4);

    expect(model.samples).toBe(21);
    expect(read(model, 20).at(-1)!).toBeGreaterThan(before.at(-1)!);
  });
});
