/** Gives numbers from 0 up to 1. */
export type Chance = () => number;

/** A seeded generator: tests and benchmarks do the same work on every machine (mulberry32). */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box and Muller). */
export const normal = (next: Chance): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Demand around 1 with noise of one kind, sample by sample; each call of a kind gives a series of its own. */
export const NOISE = {
  /** Independent, log-normal, some 10 %. */
  calm: (next) => () => Math.exp(0.1 * normal(next)),
  /** Independent, log-normal, some 50 %: a long upper tail. */
  wild: (next) => () => Math.exp(0.5 * normal(next)),
  /** Independent, exponential. */
  exponential: (next) => () => 0.2 - 0.8 * Math.log(1 - next()),
  /** Slow: an autoregressive walk (0.95) around the level. */
  drifting: (next) => {
    let state = normal(next);
    return () => {
      state = 0.95 * state + Math.sqrt(1 - 0.95 ** 2) * normal(next);
      return Math.exp(0.3 * state);
    };
  },
  /** Calm with one sample in twenty three times as high. */
  bursty: (next) => () => Math.exp(0.1 * normal(next)) * (next() < 0.05 ? 3 : 1),
  /** Busy and idle spells of some ten samples, three to one. */
  switching: (next) => {
    let busy = next() < 0.5;
    return () => {
      if (next() < 0.1) busy = !busy;
      return (busy ? 1.5 : 0.5) * Math.exp(0.1 * normal(next));
    };
  },
  /** A wave of 48 samples with some noise. */
  waving: (next) => {
    let n = Math.floor(48 * next());
    return () => {
      n += 1;
      return (1 + 0.6 * Math.sin((2 * Math.PI * n) / 48)) * Math.exp(0.1 * normal(next));
    };
  },
} as const satisfies Readonly<Record<string, (next: Chance) => () => number>>;

export type NoiseKind = keyof typeof NOISE;
