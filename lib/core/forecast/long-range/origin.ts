import { analogsOf, type AnalogOptions, type Analogs } from './analogs.ts';
import type { History } from './history.ts';
import { periodOf, type Period } from './period.ts';

/** Where a forecast starts: a past, the first step that is not known any more, and what was found in the past so far. */
export class Origin {
  readonly history: History;
  /** All that an expert may look at is before this step. */
  readonly now: number;
  readonly #analogs = new Map<AnalogOptions, Analogs>();
  readonly #periods = new Map<number, Period>();

  constructor(history: History, now: number) {
    this.history = history;
    this.now = now;
  }

  /** The moments most like now; searched once for the same options object. */
  analogs(options: AnalogOptions): Analogs {
    let found = this.#analogs.get(options);
    if (found === undefined) {
      found = analogsOf(this.history, this.now, options);
      this.#analogs.set(options, found);
    }
    return found;
  }

  /** The period of at most `longest` steps that fits best; searched once. */
  period(longest: number): Period {
    let found = this.#periods.get(longest);
    if (found === undefined) {
      found = periodOf(this.history, this.now, longest);
      this.#periods.set(longest, found);
    }
    return found;
  }
}
