import { EXPERTS } from './experts.ts';
import type { Origin } from './origin.ts';
import { Samples } from './samples.ts';

/** Nothing draws more: 28 days of five values, or 300 of a window. */
const MOST_SAMPLES = 400;
const samples = new Samples(MOST_SAMPLES);
const DAY = EXPERTS.findIndex(({ name }) => name === 'day');

/**
 * The quantiles of all experts at one origin, expert by expert, for one step ahead after the other. Experts that say the
 * same for every step are asked once. One that has nothing to go by says what the last day says, and that, without a known
 * step in it, the last known value.
 */
export class Panel {
  /** `quantiles[k * levels + q]` of the last `ask`. */
  readonly quantiles: Float64Array;
  readonly #origin: Origin;
  readonly #levels: Float64Array;
  #isAsked = false;

  constructor(origin: Origin, levels: Float64Array) {
    this.#origin = origin;
    this.#levels = levels;
    this.quantiles = new Float64Array(EXPERTS.length * levels.length);
  }

  /** Fills `quantiles` for the step `ahead` (from 1). */
  ask(ahead: number): void {
    if (!this.#isAsked) this.#draw(DAY, ahead);
    for (let k = 0; k < EXPERTS.length; k += 1) {
      if (this.#isAsked ? EXPERTS[k]?.isSteady === true : k === DAY) continue;
      this.#draw(k, ahead);
    }
    this.#isAsked = true;
  }

  #draw(k: number, ahead: number): void {
    const width = this.#levels.length;
    const { history, now } = this.#origin;
    samples.clear();
    EXPERTS[k]?.draw(this.#origin, ahead, samples);
    if (samples.size > 0) samples.read(this.#levels, this.quantiles, k * width);
    else if (k === DAY) this.quantiles.fill(history.level(now, 1), k * width, (k + 1) * width);
    else this.quantiles.copyWithin(k * width, DAY * width, (DAY + 1) * width);
  }
}
