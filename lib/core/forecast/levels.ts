import type { Probability } from '../units.ts';

/** The quantile levels of every live forecast, rising. */
export const LEVELS: readonly Probability[] = [0.5, 0.8, 0.9, 0.95, 0.99, 0.995];
