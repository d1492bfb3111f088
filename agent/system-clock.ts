import type { DurationMs } from '../lib/core/units.ts';
import type { Clock } from '../lib/ports/clock.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (duration, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, duration);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Milliseconds since the process began, with fractions; never set back or forth, unlike the clock. */
export const monotonicNow = (): DurationMs => performance.now();
