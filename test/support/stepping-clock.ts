import type { Clock } from '../../lib/ports/clock.ts';

/** Time that passes only when somebody sleeps: a wait of seconds takes none. */
export function steppingClock(start = 1_000_000): Clock & { readonly advance: (duration: number) => void } {
  let now = start;
  return {
    now: () => now,
    sleep: async (duration) => {
      now += duration;
      await new Promise((resolve) => setImmediate(resolve));
    },
    advance: (duration) => {
      now += duration;
    },
  };
}
