import { Fault } from '../core/fault.ts';
import type { Probability } from '../core/units.ts';

/** Reads `0.05,0.01`: shares above 0 and below 1. Throws Fault USAGE, naming the option. */
export function parseShares(text: string, option: string): Probability[] {
  return text.split(',').map((word) => {
    const share = word.trim() === '' ? Number.NaN : Number(word);
    if (share > 0 && share < 1) return share;
    throw new Fault('USAGE', `${option} got "${word.trim()}", wanted numbers between 0 and 1, for instance 0.05,0.01`);
  });
}
