import type { Horizon } from '../forecast/forecast.ts';
import { stepsOf, type Steps } from '../forecast/steps.ts';
import type { Frame } from '../trace/frame.ts';
import type { DurationMs } from '../units.ts';

/** This many frames in a row must agree on another step before it is believed. */
const WITNESSES = 3;

export interface StepState {
  /** The sampling step in ms; 0 while unknown. */
  readonly step: DurationMs;
  readonly misfits: number;
}

/** Learns the sampling step from the frames' times, so that a horizon in ms can be counted in samples. */
export class StepWatch {
  readonly #horizon: Horizon;
  #step: DurationMs = 0;
  #misfits = 0;
  #steps: Steps;

  constructor(horizon: Horizon) {
    this.#horizon = horizon;
    this.#steps = stepsOf(horizon, horizon.hold);
  }

  static from(horizon: Horizon, { step, misfits }: StepState): StepWatch {
    const watch = new StepWatch(horizon);
    watch.#misfits = misfits;
    if (step > 0) watch.#learn(step);
    return watch;
  }

  get state(): StepState {
    return { step: this.#step, misfits: this.#misfits };
  }

  /** The sampling step in ms; the hold time while nothing was seen. */
  get step(): DurationMs {
    return this.#step > 0 ? this.#step : this.#horizon.hold;
  }

  get steps(): Steps {
    return this.#steps;
  }

  /**
   * Takes a frame and the time since the one before (undefined for the first). A gap that is longer than the frame's own
   * interval means lost frames and says nothing about the step.
   */
  see(frame: Frame, gap: DurationMs | undefined): void {
    if (this.#step === 0) {
      if (frame.interval > 0) this.#learn(frame.interval);
      return;
    }
    if (gap === undefined || !isNear(gap, frame.interval)) return;
    this.#misfits = isNear(gap, this.#step) ? 0 : this.#misfits + 1;
    if (this.#misfits >= WITNESSES) {
      this.#learn(gap);
      this.#misfits = 0;
    }
  }

  #learn(step: DurationMs): void {
    this.#step = step;
    this.#steps = stepsOf(this.#horizon, step);
  }
}

const isNear = (a: DurationMs, b: DurationMs): boolean => a > b * 0.5 && a < b * 1.5;
