/** Maps a value to a coordinate, linearly. */
export type Scale = (value: number) => number;

/** From [from, until] to [low, high]; an empty domain maps to `low`. Coordinates have one decimal, which keeps paths short. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, until] = domain;
  const [low, high] = range;
  const width = until - from;
  return (value) => Math.round((low + (width === 0 ? 0 : ((value - from) / width) * (high - low))) * 10) / 10;
}

/** Rising multiples of 1, 2 or 5 times a power of ten, from 0 to the first that is at least `max`; about `count` steps. */
export function niceTicks(max: number, count: number): readonly number[] {
  // less than a billionth of any unit is nothing to look at, and its steps would underflow
  if (!(max >= 1e-9) || !Number.isFinite(max)) return [0, 1];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((multiple) => multiple * power >= rough) ?? 10);
  const steps = Math.ceil(max / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const TIME_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** The step in milliseconds between time marks, so that there are at most `count` in `duration` milliseconds. */
export function timeStep(duration: number, count: number): number {
  const rough = duration / 1000 / Math.max(1, count);
  const step = TIME_STEPS_S.find((seconds) => seconds >= rough) ?? Math.ceil(rough / 604_800) * 604_800;
  return step * 1000;
}

const AGES: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** A distance from now in the largest whole unit: `−90 s`, `−2 min`, `now`, `+10 s`. */
export function relativeTime(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds === 0) return 'now';
  const size = Math.abs(seconds);
  const [unit, name] = AGES.find(([whole]) => size >= 2 * whole && size % whole === 0) ?? [1, 's'];
  return `${seconds < 0 ? '−' : '+'}${size / unit} ${name}`;
}
