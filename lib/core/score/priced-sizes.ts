import { PricedChoice } from '../sizing/priced-choice.ts';
import type { Probability } from '../units.ts';
import type { KnownSamples } from './known-samples.ts';

/** Prices of a shortage, in samples of the mean demand idle, rising: the knob of our sizes by price. */
export const SHORTAGE_PRICES: readonly number[] = [1, 3, 10, 20, 30, 50, 75, 100, 150, 300, 1000, 5000];

/** Our sizes decided after each row, by risk: `[k * rows + row]`. */
interface SizesByRisk {
  readonly sizes: Float64Array;
  readonly rows: number;
  readonly risks: readonly Probability[];
  /** Index of the risk to follow until anything was wanted. */
  readonly otherwise: number;
}

/**
 * The size decided after sample i at price p, `[p * samples + i]`: at each moment the sizes of the risk that cost least so far.
 */
export function pricedSizes(
  { demand, row, own }: KnownSamples,
  { sizes, rows, risks, otherwise }: SizesByRisk,
): Float64Array {
  const n = demand.length;
  const out = new Float64Array(SHORTAGE_PRICES.length * n);
  const choice = new PricedChoice(risks);
  for (let i = 0; i < n; i += 1) {
    const decision = row[i] ?? -1;
    if (decision >= 0) choice.see(demand[i] ?? 0, (k) => sizes[k * rows + decision] ?? Number.NaN);
    for (const [p, price] of SHORTAGE_PRICES.entries())
      out[p * n + i] = sizes[choice.at(price, otherwise) * rows + (own[i] ?? 0)] ?? Number.NaN;
  }
  return out;
}
