import { METERS, type Meter, type PerMeter } from '../meter.ts';
import type { Probability } from '../units.ts';
import type { Forecast } from '../forecast/forecast.ts';
import type { PooledMeter, RiskPool } from './risk-pool.ts';
import { NEW_SAMPLES, type SizingGoal } from './size.ts';
import { spendRisk, steepnessOf } from './spend-risk.ts';

/** The multiplier stays between a fifth (the forecast itself may be off) and five times the samples of a window. */
const LEAST = 0.2;
const MOST = 5;
/** The mean demand is that of about the last thousand samples. */
const MEAN_RATE = 0.001;
/** Smoothing of the steepness of a meter's forecasts. */
const STEEPNESS_RATE = 0.01;
/** No size accepts being missed every other window. */
const MOST_RISK: Probability = 0.5;

/**
 * Turns a risk per sample into the risk per hold window that realises it, for one member of a pool. A forecast is about the
 * maximum of a window: when one sample of five passes the size the window is missed, but four fifths of its time was
 * served. The multiplier between the two is learnt from the sizes in force of all members,
 *
 *   ln m += rate * (1 - missed / risk)   for each sample,   risk per window = m * risk,
 *
 * which stands still exactly when the share of missed samples is the risk. It begins at the root of the window's samples. What a
 * VM misses while it is new says nothing about the forecasts of the others, or about its own later ones, and is left out.
 * Given the forecast, the risk is spent where it saves most (spend-risk.ts); the multiplier keeps the whole on its mark.
 */
export class RiskTracker {
  readonly #pool: RiskPool;
  readonly #meters = new Map<Meter, TrackedMeter>();

  constructor(pool: RiskPool) {
    this.#pool = pool;
  }

  /** Takes one sample against the size that was in force for it, where there was one. */
  see(demand: PerMeter, inForce: PerMeter = {}): void {
    for (const meter of METERS) {
      const wanted = demand[meter];
      if (wanted !== undefined) this.#of(meter).see(wanted, inForce[meter]);
    }
  }

  /**
   * What to size for now, for windows of `hold` samples: the same risk at all times, or, for the `forecast` that is about to be
   * sized (once for each), the risk at which its sizes are cheapest.
   */
  goal(hold: number, forecast?: Forecast): SizingGoal {
    const risk: Partial<Record<Meter, Probability>> = {};
    for (const meter of METERS) {
      const multiplier = Math.sqrt(hold) * Math.exp(this.#pool.of(meter).learnt);
      const budget = Math.min(MOST_RISK, this.#pool.risk * Math.min(MOST * hold, Math.max(LEAST, multiplier)));
      const known = forecast?.meters[meter];
      if (forecast === undefined || known === undefined) risk[meter] = budget;
      else {
        const steepness = this.#of(meter).steepness(steepnessOf(known.values, forecast.levels));
        risk[meter] = spendRisk(known.values, forecast.levels, { risk: budget, steepness });
      }
    }
    return { risk };
  }

  /** To be called when nothing more will be seen of the VM. */
  leave(): void {
    for (const own of this.#meters.values()) own.leave();
    this.#meters.clear();
  }

  #of(meter: Meter): TrackedMeter {
    let own = this.#meters.get(meter);
    if (own === undefined) this.#meters.set(meter, (own = new TrackedMeter(this.#pool.of(meter))));
    return own;
  }
}

/** One meter of one member. */
class TrackedMeter {
  readonly #pooled: PooledMeter;
  #samples = 0;
  #mean = 0;
  #steep: number | undefined;
  /** What the pool counts as this member's steepness, in units of its mean. */
  #counted = 0;

  constructor(pooled: PooledMeter) {
    this.#pooled = pooled;
    pooled.enter();
  }

  see(wanted: number, size: number | undefined): void {
    if (size !== undefined && this.#samples >= NEW_SAMPLES) this.#pooled.learn(wanted > size);
    this.#samples += 1;
    this.#mean += (wanted - this.#mean) * Math.max(MEAN_RATE, 1 / this.#samples);
  }

  /** What counts as usual steepness for this member in its unit: the pool's, with this member's `now` taken in. */
  steepness(now: number): number {
    this.#steep = this.#steep === undefined ? now : this.#steep + STEEPNESS_RATE * (now - this.#steep);
    if (!(this.#mean > 0)) return this.#steep;
    const relative = this.#steep / this.#mean;
    this.#pooled.steepen(this.#counted, relative);
    this.#counted = relative;
    return this.#pooled.steepness * this.#mean;
  }

  leave(): void {
    this.#pooled.leave(this.#counted);
  }
}
