import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type DurationMs, type EpochMs } from '../units.ts';
import { PHASE_FLOATS, PhaseMemory, type Cycle } from './phase-memory.ts';

/** Foresees the nightly backup and the hourly job. */
const DAY: Cycle = { slots: 96, slot: DAY_MS / 96, margin: 5 * MINUTE_MS };
/** For steps of seconds, which are forecast seconds ahead: half of the slots will do. */
const DAY_OF_SECONDS: Cycle = { slots: 48, slot: DAY_MS / 48, margin: 5 * MINUTE_MS };
/** Foresees what runs every five minutes, or at ten past. */
const HOUR: Cycle = { slots: 30, slot: HOUR_MS / 30, margin: MINUTE_MS / 2 };
/** Foresees what a timer writes every thirty seconds. */
const MINUTE: Cycle = { slots: 30, slot: MINUTE_MS / 30, margin: SECOND_MS / 2 };

/** Slower steps than these see too little of a minute, of an hour. */
const SLOWEST_SECONDS: DurationMs = 15 * SECOND_MS;
const SLOWEST_MINUTES: DurationMs = 15 * MINUTE_MS;

/** Which steps it goes by, then what the two memories keep. */
const PACE = 0;
const DAY_AT = 1;
const HAND_AT = DAY_AT + PHASE_FLOATS;
export const SEASON_FLOATS = HAND_AT + PHASE_FLOATS;
export const SEASON_SLOTS = DAY.slots + HOUR.slots;

/** 0 is none yet. */
const SECONDS = 1;
const MINUTES = 2;
const HOURS = 3;

/** What was reached at phases of some cycles. */
interface Memories {
  readonly day: PhaseMemory;
  /** The hand of the clock; slow steps have none. */
  readonly hand?: PhaseMemory;
}

/** When a sample was taken, and whether use was capped. */
interface Taken {
  readonly at: EpochMs;
  readonly step: DurationMs;
  readonly capped: boolean;
}

/**
 * What a meter reached at this time of day, and when the hand of the clock was here: at this second of the minute, or, where
 * steps are of minutes, at this minute of the hour. Timers flush every thirty seconds, cron starts at full minutes. Over buffers
 * that its owner lends.
 */
export class Seasons {
  readonly #codes: Uint8Array;
  readonly #state: Float32Array;
  readonly #bySeconds: Memories;
  readonly #byMinutes: Memories;
  readonly #byHours: Memories;

  /** `codes` of SEASON_SLOTS bytes, `state` of SEASON_FLOATS. */
  constructor(codes: Uint8Array, state: Float32Array) {
    this.#codes = codes;
    this.#state = state;
    const memory = (from: number, at: number, cycle: Cycle): PhaseMemory =>
      new PhaseMemory(codes.subarray(from, from + cycle.slots), state.subarray(at, at + PHASE_FLOATS), cycle);
    const day = memory(0, DAY_AT, DAY);
    this.#bySeconds = { day: memory(0, DAY_AT, DAY_OF_SECONDS), hand: memory(DAY.slots, HAND_AT, MINUTE) };
    this.#byMinutes = { day, hand: memory(DAY.slots, HAND_AT, HOUR) };
    this.#byHours = { day };
  }

  /** Takes what was reached in the interval that ends at `at`. With steps of another kind it begins anew. */
  see(value: number, { at, step, capped }: Taken): void {
    const pace = paceOf(step);
    if (pace !== this.#state[PACE]) {
      this.#codes.fill(0);
      this.#state.fill(0);
      this.#state[PACE] = pace;
    }
    const { day, hand } = this.#memories();
    day.see(value, at, capped);
    hand?.see(value, at, capped);
  }

  /** The most that was reached at these times of day, five minutes more on both sides; undefined where none was ever seen. */
  ofDay(from: EpochMs, to: EpochMs): number | undefined {
    return this.#memories().day.reached(from, to);
  }

  /** The most that was reached when the hand was there; undefined where that was never seen. */
  ofHand(from: EpochMs, to: EpochMs): number | undefined {
    return this.#memories().hand?.reached(from, to);
  }

  /**
   * Follows a fall of the level to `ratio`: this time of day, though not below `least`, and all places of the hand. Other times of
   * day may be of the old level again.
   */
  fall(ratio: number, least: number): void {
    const { day, hand } = this.#memories();
    day.lower(ratio, least);
    hand?.rescale(ratio);
  }

  #memories(): Memories {
    if (this.#state[PACE] === SECONDS) return this.#bySeconds;
    return this.#state[PACE] === MINUTES ? this.#byMinutes : this.#byHours;
  }
}

function paceOf(step: DurationMs): number {
  if (step < SLOWEST_SECONDS) return SECONDS;
  return step < SLOWEST_MINUTES ? MINUTES : HOURS;
}
