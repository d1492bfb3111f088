import { METERS, type Meter, type PerMeter } from '../meter.ts';
import type { Probability } from '../units.ts';
import type { Forecast } from '../forecast/forecast.ts';
import type { SizingGoal } from './size.ts';
import { spendRisk, steepnessOf } from './spend-risk.ts';

/** How far one sample in time moves the logarithm of the multiplier in the end, and how much further at first. */
const RATE = 0.0005;
const FIRST_RATE = 0.0045;
/** After so many samples half of the further way is left. */
const FIRST_SAMPLES = 200;
/** The multiplier stays between a fifth (the forecast itself may be off) and five times the samples of a window. */
const LEAST = 0.2;
const MOST = 5;
/** Smoothing of the steepness of a meter's forecasts. */
const STEEPNESS_RATE = 0.01;
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
 * Given the forecast, the risk is spent where it saves most (spend-risk.ts); the multiplier keeps the whole on its mark.
 */
export class RiskTracker {
  readonly #risk: Probability;
  /** By meter, ln m without its beginning. */
  readonly #learnt = new Map<Meter, number>();
  readonly #seen = new Map<Meter, number>();
  readonly #steep = new Map<Meter, number>();

  /** `risk` per sample, above 0 and below 1. */
  constructor(risk: Probability) {
    this.#risk = risk;
  }

  /** Takes one sample against the size that was in force for it; meters that only one of them knows are left alone. */
  see(demand: PerMeter, inForce: PerMeter): void {
    for (const meter of METERS) {
      const [wanted, size] = [demand[meter], inForce[meter]];
      if (wanted === undefined || size === undefined) continue;
      const seen = this.#seen.get(meter) ?? 0;
      this.#seen.set(meter, seen + 1);
      const rate = RATE + FIRST_RATE / (1 + seen / FIRST_SAMPLES);
      const moved = (this.#learnt.get(meter) ?? 0) + rate * (1 - (wanted > size ? 1 / this.#risk : 0));
      this.#learnt.set(meter, Math.min(3, Math.max(-3, moved)));
    }
  }

  /**
   * What to size for now, for windows of `hold` samples: the same risk at all times, or, for the `forecast` that is about to be
   * sized (once for each), the risk at which its sizes are cheapest.
   */
  goal(hold: number, forecast?: Forecast): SizingGoal {
    const risk: Partial<Record<Meter, Probability>> = {};
    for (const meter of METERS) {
      const multiplier = Math.sqrt(hold) * Math.exp(this.#learnt.get(meter) ?? 0);
      const budget = Math.min(MOST_RISK, this.#risk * Math.min(MOST * hold, Math.max(LEAST, multiplier)));
      const known = forecast?.meters[meter];
      risk[meter] =
        forecast === undefined || known === undefined
          ? budget
          : spendRisk(known.values, forecast.levels, {
              risk: budget,
              steepness: this.#steepness(meter, steepnessOf(known.values, forecast.levels)),
            });
    }
    return { risk };
  }

  /** The running mean of how steep a meter's forecasts are, with one more taken in. */
  #steepness(meter: Meter, now: number): number {
    const before = this.#steep.get(meter) ?? now;
    const after = before + STEEPNESS_RATE * (now - before);
    this.#steep.set(meter, after);
    return after;
  }
}
