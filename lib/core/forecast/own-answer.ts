import { calibrate, recalibrate, rescaleErrors } from './calibration.ts';
import { LEVELS } from './levels.ts';
import {
  CALIBRATION,
  EXPERTS,
  MIXTURE,
  S_LAST,
  S_SCALE,
  S_SHORT,
  S_STATE,
  STATES,
  TRACKERS,
  type MeterState,
} from './meter-layout.ts';
import { MAXIMA } from './moving-maxima.ts';
import { Mixture } from './mixture.ts';
import { isTracking, readTracker, rescaleTracker, track, TRACKER_FLOATS } from './quantile-tracker.ts';
import { countResidual, readResiduals } from './residual-histogram.ts';
import type { Traits } from './traits.ts';

const Q = LEVELS.length;
/** How fast the quantiles of a state move. */
const STATE_RATE = 0.5;
/** Experts that say one value for all levels; their values are side by side in a slot, from S_SHORT on. */
const MAXIMUM_EXPERTS = 3;

/** Scratch, alive within one call. */
const maxima = new Float64Array(MAXIMA);
const experts = new Float64Array(EXPERTS * Q);
const mixed = new Float64Array(Q);

/**
 * What a meter's own history says: five experts (meter-layout.ts names them), mixed and calibrated online. Its state is part of
 * the meter's.
 */
export class OwnAnswer {
  /** The quantiles that `from` found last. */
  readonly values = new Float64Array(Q);
  readonly #state: MeterState;
  readonly #traits: Traits;
  readonly #mixture: Mixture;
  /** Quantiles of the residuals; a function of the state, kept because they are dear. */
  readonly #residuals = new Float64Array(Q);
  #areResidualsStale = true;

  constructor(state: MeterState, traits: Traits) {
    this.#state = state;
    this.#traits = traits;
    this.#mixture = new Mixture(state.floats.subarray(MIXTURE, CALIBRATION), EXPERTS);
  }

  /** Answers from the contents of a slot that begins at `at`; the answer is in `values`. */
  from(slot: Float64Array | Float32Array, at: number): void {
    let k = 0;
    for (; k < MAXIMUM_EXPERTS; k += 1) {
      const reached = slot[at + S_SHORT + k] ?? 0;
      for (let q = 0; q < Q; q += 1) experts[k * Q + q] = reached;
    }
    this.#readState(slot[at + S_STATE] ?? 0, experts, k * Q);
    k += 1;
    if (this.#areResidualsStale) readResiduals(this.#state.residuals, 0, this.#residuals);
    this.#areResidualsStale = false;
    const last = slot[at + S_LAST] ?? 0;
    const scale = slot[at + S_SCALE] ?? 0;
    for (let q = 0; q < Q; q += 1) experts[k * Q + q] = Math.max(0, last + (this.#residuals[q] ?? 0) * scale);
    this.#mixture.mix(experts, mixed);
    calibrate(this.#state.floats, CALIBRATION, mixed, this.values);
  }

  /** Learns from outcome `y` of the answer that `from` gave just now for the same slot; outcome number `n`. */
  learn(slot: Float32Array, at: number, { y, n }: { readonly y: number; readonly n: number }): void {
    const { floats, residuals } = this.#state;
    recalibrate(floats, CALIBRATION, { y, mixed, out: this.values });
    track(floats, TRACKERS + (slot[at + S_STATE] ?? 0) * TRACKER_FLOATS, y, STATE_RATE);
    this.#mixture.learn(y, experts, mixed);
    const off = y - (slot[at + S_LAST] ?? 0);
    countResidual(residuals, 0, off === 0 ? 0 : off / (slot[at + S_SCALE] ?? 0), n);
  }

  /** Scales what has a unit, see level-shift.ts. */
  rescale(ratio: number): void {
    const { floats } = this.#state;
    for (let state = 0; state < STATES; state += 1) rescaleTracker(floats, TRACKERS + state * TRACKER_FLOATS, ratio);
    rescaleErrors(floats, CALIBRATION, ratio);
    this.#mixture.rescale(ratio);
  }

  /** To be called when the state was changed from outside (rounded). */
  refresh(): void {
    this.#mixture.refresh();
    this.#areResidualsStale = true;
  }

  /** The quantiles of windows that began in a state; for one that was never met the longest moving maximum. */
  #readState(state: number, to: Float64Array, from: number): void {
    const { floats, counters } = this.#state;
    const at = TRACKERS + state * TRACKER_FLOATS;
    if (isTracking(floats, at)) {
      readTracker(floats, at, to, from);
      return;
    }
    this.#traits.maxima((counters[0] ?? 0) - 1, maxima);
    to.fill(maxima[MAXIMA - 1] ?? 0, from, from + Q);
  }
}
