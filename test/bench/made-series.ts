/** Steps of a made series: 20 days at five minutes. */
const LENGTH = 5_760;

/**
 * A seeded series of one of seven plain kinds, so that a gate also meets what recorded traces rarely have: exact periods of
 * any length, ramps, level shifts, walks, rare bursts, clean days, constants. Half of them carry noise.
 */
export function madeSeries(seed: number): Float64Array {
  let state = (seed + 1) * 7_919;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 5; i += 1) next();
  const kinds = [period, ramps, shifts, walk, bursts, days, period, constant];
  const make = kinds[seed % kinds.length] ?? constant;
  const noise = next() < 0.5 ? 0 : 0.02 + 0.3 * next();
  const of = make(next);
  return Float64Array.from({ length: LENGTH }, (_, t) => Math.max(0, of(t) * (1 + noise * (next() + next() - 1))));
}

type Make = (next: () => number) => (t: number) => number;

const period: Make = (next) => {
  const length = Math.floor(3 * 100 ** next());
  const shape = Array.from({ length }, () => (next() < 0.2 ? 1 + 8 * next() : 1));
  return (t) => shape[t % length] ?? 1;
};

const ramps: Make = (next) => {
  const length = Math.floor(50 * 40 ** next());
  return (t) => 1 + (5 * (t % length)) / length;
};

const shifts: Make = (next) => {
  const least = Math.floor(30 * 30 ** next());
  let level = 1;
  return () => {
    if (next() < 1 / least) level = 0.2 + 5 * next();
    return level;
  };
};

const walk: Make = (next) => {
  let log = 0;
  return () => {
    log = 0.999 * log + 0.1 * (next() + next() + next() - 1.5);
    return Math.exp(log);
  };
};

const bursts: Make = (next) => {
  const share = 0.001 * 50 ** next();
  let left = 0;
  return () => {
    if (next() < share) left = Math.floor(1 + 20 * next());
    left -= 1;
    return left > 0 ? 5 : 0.5;
  };
};

const days: Make = (next) => {
  const [wave, peak] = [next(), 288 * next()];
  return (t) => 1 + wave * Math.sin((2 * Math.PI * (t - peak)) / 288) + (Math.abs((t % 288) - peak) < 6 ? 3 * wave : 0);
};

const constant: Make = (next) => {
  const level = 1 + next();
  return () => level;
};
