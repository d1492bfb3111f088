import { SEASON_FLOATS, SEASON_SLOTS, Seasons } from '../../../lib/core/forecast/seasons.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../lib/core/units.ts';

const T0 = Date.UTC(2026, 0, 5);

const someSeasons = (): Seasons => new Seasons(new Uint8Array(SEASON_SLOTS), new Float32Array(SEASON_FLOATS));

/** Samples of `valueAt` (by the number of the sample), one after each step from T0 on. */
function seen(seasons: Seasons, step: number, samples: number, valueAt: (i: number) => number): Seasons {
  for (let i = 0; i < samples; i += 1) seasons.see(valueAt(i), { at: T0 + i * step, step, capped: false });
  return seasons;
}

const handAt = (seasons: Seasons, at: number): number => seasons.ofHand(at, at) ?? Number.NaN;
const dayAt = (seasons: Seasons, at: number): number => seasons.ofDay(at, at) ?? Number.NaN;

describe('Seasons', () => {
  it('know which second of the minute a timer fires at, where steps are of seconds', () => {
    const seasons = seen(someSeasons(), SECOND_MS, 600, (i) => (i % 30 === 17 ? 50 : 1));

    expect(handAt(seasons, T0 + 617 * SECOND_MS)).toBeCloseTo(50, -1);
    expect(handAt(seasons, T0 + 647 * SECOND_MS)).toBeCloseTo(50, -1);
    expect(handAt(seasons, T0 + 625 * SECOND_MS)).toBeLessThan(2);
  });

  it('know which minute of the hour a job runs at, where steps are of minutes', () => {
    const seasons = seen(someSeasons(), 5 * MINUTE_MS, 48, (i) => (i % 12 === 2 ? 8 : 1));

    expect(handAt(seasons, T0 + 5 * HOUR_MS + 10 * MINUTE_MS)).toBeCloseTo(8, 0);
    expect(handAt(seasons, T0 + 5 * HOUR_MS + 30 * MINUTE_MS)).toBeLessThan(2);
  });

  it('have no hand for steps that see no minutes', () => {
    expect(seen(someSeasons(), HOUR_MS, 48, () => 1).ofHand(T0, T0)).toBeUndefined();
  });

  it('say nothing of what was never seen', () => {
    expect(someSeasons().ofDay(T0, T0)).toBeUndefined();
    expect(seen(someSeasons(), SECOND_MS, 10, () => 1).ofHand(T0 + 30_000, T0 + 30_000)).toBeUndefined();
  });

  it.each([SECOND_MS, 5 * MINUTE_MS])('know the time of day at steps of %i ms', (step) => {
    const aDay = DAY_MS / step;
    const seasons = seen(someSeasons(), step, aDay, (i) =>
      i * step >= 2 * HOUR_MS && i * step < 3 * HOUR_MS ? 40 : 1,
    );

    expect(dayAt(seasons, T0 + DAY_MS + 2.5 * HOUR_MS)).toBeCloseTo(40, -1);
    expect(dayAt(seasons, T0 + DAY_MS + 9 * HOUR_MS)).toBeLessThan(2);
  });

  it('let a place of the hand down by 30 % of the difference each time round', () => {
    const seasons = seen(someSeasons(), SECOND_MS, 121, (i) => (i === 10 ? 100 : 20));

    expect(handAt(seasons, T0 + 130 * SECOND_MS)).toBeCloseTo(20 + 80 * 0.7, -1);
  });

  it('are not let down by a place where use was capped', () => {
    const seasons = someSeasons();
    for (let i = 0; i < 180; i += 1) {
      seasons.see(i === 10 ? 100 : 20, { at: T0 + i * SECOND_MS, step: SECOND_MS, capped: i > 10 });
    }

    expect(handAt(seasons, T0 + 190 * SECOND_MS)).toBeCloseTo(100, -1);
  });

  it('follow a fall of the level at all places of the hand, and of the day now only', () => {
    const seasons = seen(someSeasons(), SECOND_MS, 3 * 3600, () => 100);
    seasons.fall(0.1, 5);

    expect(handAt(seasons, T0 + 4 * HOUR_MS + 30_000)).toBeCloseTo(10, -1);
    expect(dayAt(seasons, T0 + 2.75 * HOUR_MS)).toBeCloseTo(10, -1);
    expect(dayAt(seasons, T0 + HOUR_MS)).toBeCloseTo(100, -1);
  });

  it('begin anew when the steps are of another kind', () => {
    const seasons = seen(someSeasons(), SECOND_MS, 100, () => 100);
    seasons.see(1, { at: T0 + HOUR_MS, step: MINUTE_MS, capped: false });

    expect(dayAt(seasons, T0 + HOUR_MS)).toBeCloseTo(1, 1);
    expect(seasons.ofDay(T0, T0)).toBeUndefined();
  });

  it('go on from a copy of their bytes', () => {
    const [codes, state] = [new Uint8Array(SEASON_SLOTS), new Float32Array(SEASON_FLOATS)];
    seen(new Seasons(codes, state), SECOND_MS, 100, (i) => i % 7);
    const copy = new Seasons(codes.slice(), state.slice());

    expect(handAt(copy, T0 + 120_000)).toBe(handAt(new Seasons(codes, state), T0 + 120_000));
  });
});
