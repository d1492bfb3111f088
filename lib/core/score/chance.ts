/** Even numbers from 0 up to, not including, 1; the same for the same seed. */
export type Chance = () => number;

/** A small seeded generator (mulberry32): enough for resampling, not for secrets. `seed` is a whole number. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
