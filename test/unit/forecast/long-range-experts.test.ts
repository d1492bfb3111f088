import { analogsOf } from '../../../lib/core/forecast/long-range/analogs.ts';
import { EXPERTS } from '../../../lib/core/forecast/long-range/experts.ts';
import { History } from '../../../lib/core/forecast/long-range/history.ts';
import { Origin } from '../../../lib/core/forecast/long-range/origin.ts';
import { Panel } from '../../../lib/core/forecast/long-range/panel.ts';
import { periodOf } from '../../../lib/core/forecast/long-range/period.ts';
import { Samples } from '../../../lib/core/forecast/long-range/samples.ts';

const aHistory = (length: number, of: (t: number) => number, day = 24): History =>
  new History(
    Float64Array.from({ length }, (_, t) => of(t)),
    day,
  );

describe('Samples', () => {
  it('reads quantiles between the middles of its sorted numbers, and leaves holes out', () => {
    const out = new Float64Array(3);
    for (const count of [4, 40]) {
      const samples = new Samples(100);
      for (let i = count; i > 0; i -= 1) samples.add(i);
      samples.add(Number.NaN);
      samples.read(Float64Array.of(0.001, 0.5, 0.999), out, 0);

      expect(Array.from(out)).toEqual([1, (count + 1) / 2, count]);
    }
  });
});

describe('an expert', () => {
  it.each(EXPERTS.map(({ name, draw }) => ({ name, draw })))('$name looks at nothing from now on', ({ draw }) => {
    const values = (t: number): number => 1 + (t % 24) + (t % 5);
    const drawn = (history: History): number[] => {
      const samples = new Samples(1000);
      const out = new Float64Array(9);
      return [1, 7, 30, 60].flatMap((ahead) => {
        samples.clear();
        draw(new Origin(history, 300), ahead, samples);
        if (samples.size > 0) samples.read(Float64Array.of(0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1), out, 0);
        return [samples.size, ...out];
      });
    };
    // The same mean of everything: it is the unit of sizes, the one thing that is taken from the whole past.
    const later = (t: number): number => (t < 300 ? values(t) : values(600 + 299 - t));

    expect(drawn(aHistory(600, later))).toEqual(drawn(aHistory(600, values)));
  });
});

describe('Panel', () => {
  it('takes what the last day says for an expert that knows nothing', () => {
    const panel = new Panel(
      new Origin(
        aHistory(10, (t) => t),
        10,
      ),
      Float64Array.of(0.5),
    );
    panel.ask(1);
    const of = (name: string): number => panel.quantiles[EXPERTS.findIndex((expert) => expert.name === name)]!;

    expect(of('phase 7d')).toBe(of('day'));
    expect(of('day')).toBe(4.5);
    expect(of('last')).toBe(9);
  });
});

describe('periodOf', () => {
  it('finds the shortest lag at which the past repeats', () => {
    expect(
      periodOf(
        aHistory(400, (t) => (t % 17 === 3 ? 9 : 1)),
        400,
        100,
      ),
    ).toEqual({ steps: 17, misfit: 0 });
  });

  it('finds none in a past too short to repeat', () => {
    expect(
      periodOf(
        aHistory(4, (t) => t),
        4,
        100,
      ).steps,
    ).toBe(0);
  });
});

describe('analogsOf', () => {
  it('finds the moments that looked the same, nearest first', () => {
    const history = aHistory(500, (t) => (t % 40 === 20 ? 8 : 1));
    const options = { days: 30, count: 5, widths: [1], lags: 10, pace: 1, lagWeight: 1, phaseWeight: 0 };
    const { moments, distance } = analogsOf(history, 464, options);

    expect(Array.from(moments)).toEqual([424, 384, 344, 304, 264]);
    expect(distance).toBe(0);
  });
});
