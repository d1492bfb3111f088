import type { Probability } from '../units.ts';

/**
 * The standard normal quantile of `p`, by Tukey's lambda (Tukey 1960; off by less than 0.01 from 0.005 to 0.995). The ends
 * are finite: 4.91 at 1.
 */
export const normalScore = (p: Probability): number => 4.91 * (p ** 0.14 - (1 - p) ** 0.14);
