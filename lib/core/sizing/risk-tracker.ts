import { METERS, type Meter, type PerMeter } from '../meter.ts';
import type { Probability } from '../units.ts';
import type { SizingGoal } from './size.ts';

/** How far one sample in time moves the logarithm of the multiplier. */
const RATE = 0.003;
/** The multiplier stays between half (the forecast itself may be off) and twice the samples of a window. */
const LEAST = 0.5;
const MOST = 2;
/** No size accepts being missed every other window. */
const MOST_RISK: Probability = 0.5;

/**
 * Turns a risk per sample into the risk per hold window that realises it. A forecast is about the maximum of a window: when
 * one sample of five passes the size the window is missed, but four fifths of its time was served. The multiplier
 * between the two is learnt from the sizes in force,
 *
 *   ln m += rate * (1 - missed / risk)   for each sample,   risk per window = m * risk,
 *
 * which stands still exactly when the share of missed samples is the risk. It begins at the root of the window's samples.
 */
export class RiskTracker {
  readonly #risk: Probability;
  /** By meter, ln m without its beginning. */
  readonly #learnt = new Map<Meter, number>();

  /** `risk` per sample, above 0 and below 1. */
  constructor(risk: Probability) {
    this.#risk = risk;
  }

  /** Takes one sample against the size that was in force for it; meters that only one of them knows are left alone. */
  see(demand: PerMeter, inForce: PerMeter): void {
    for (const meter of METERS) {
      const [wanted, size] = [demand[meter], inForce[meter]];
      if (wanted === undefined || size === undefined) continue;
      const moved = (this.#learnt.get(meter) ?? 0) + RATE * (1 - (wanted > size ? 1 / this.#risk : 0));
      this.#learnt.set(meter, Math.min(3, Math.max(-3, moved)));
    }
  }

  /** What to size for now, for windows of `hold` samples. */
  goal(hold: number): SizingGoal {
    const risk: Partial<Record<Meter, Probability>> = {};
    for (const meter of METERS) {
      const multiplier = Math.sqrt(hold) * Math.exp(this.#learnt.get(meter) ?? 0);
      risk[meter] = Math.min(MOST_RISK, this.#risk * Math.min(MOST * hold, Math.max(LEAST, multiplier)));
    }
    return { risk };
  }
}
