import { CALIBRATION_FLOATS } from './calibration.ts';
import { SHIFT_FLOATS } from './level-shift.ts';
import { LEVELS } from './levels.ts';
import { mixtureFloats } from './mixture.ts';
import { PLATEAU_FLOATS } from './plateau.ts';
import { TRACKER_FLOATS } from './quantile-tracker.ts';
import { RESIDUAL_COUNTS } from './residual-histogram.ts';
import { SEASON_FLOATS, SEASON_SLOTS } from './seasons.ts';
import { STRETCH_FLOATS } from './stretch.ts';
import { TRAIT_FLOATS } from './traits.ts';

/*
 * Where everything is in the state of one meter: counters, floats, residual counts, times of day. One buffer for each meter,
 * laid out by hand and read through typed arrays: it is the checkpoint as it stands, and no object is made for a sample.
 * `test/bench/replay.bench.ts` shows what that buys.
 */

/** States of the conditional expert: the last sample at or below the median of the samples, above it. */
export const STATES = 2;
/** The maximum of the last 12 samples, the time of day, the hand of the clock, windows that began in this state, residuals. */
export const EXPERTS = 5;
/** At most so many forecasts of one meter wait for their outcome. */
export const SLOTS = 3;

/** What a forecast was made from, kept until its window is over: the prior's quantiles and these. */
export const S_SHORT = LEVELS.length;
export const S_PHASE = S_SHORT + 1;
export const S_HAND = S_PHASE + 1;
export const S_LAST = S_HAND + 1;
export const S_SCALE = S_LAST + 1;
export const S_STATE = S_SCALE + 1;
export const S_AGE = S_STATE + 1;
export const S_REACHED = S_AGE + 1;
export const SLOT = S_REACHED + 1;

/** Where the floats of each part begin. */
export const TRACKERS = TRAIT_FLOATS;
export const MIXTURE = TRACKERS + STATES * TRACKER_FLOATS;
export const CALIBRATION = MIXTURE + mixtureFloats(EXPERTS);
export const CHOICE = CALIBRATION + CALIBRATION_FLOATS;
export const STRETCH = CHOICE + mixtureFloats(2);
export const SEASONS = STRETCH + STRETCH_FLOATS;
export const PENDING = SEASONS + SEASON_FLOATS;
export const PLATEAU = PENDING + SLOTS * SLOT;
export const SHIFT = PLATEAU + PLATEAU_FLOATS;
export const FLOATS = SHIFT + SHIFT_FLOATS;

const COUNTERS_BYTES = 12; // samples in order, samples in all, outcomes
/** Where the floats are in a meter's state. */
export const METER_FLOATS_AT = COUNTERS_BYTES;
export const METER_FLOAT_BYTES = 4 * FLOATS;
/** Where the codes of the seasons are; the counts of residuals are between them and the floats. */
export const METER_CODES_AT = METER_FLOATS_AT + METER_FLOAT_BYTES + 2 * RESIDUAL_COUNTS;
/** Bytes of one meter's state. */
export const METER_BYTES = METER_CODES_AT + SEASON_SLOTS;

/** The state of one meter, part by part, over its one buffer. */
export interface MeterState {
  /** Samples in order, samples in all, outcomes. */
  readonly counters: Uint32Array;
  readonly floats: Float32Array;
  /** The floats' bits, to shorten them. */
  readonly bits: Int32Array;
  readonly residuals: Uint16Array;
  /** What the seasons remember. */
  readonly codes: Uint8Array;
}

/** Views of a buffer of METER_BYTES. */
export function meterState({ buffer }: Uint8Array<ArrayBuffer>): MeterState {
  return {
    counters: new Uint32Array(buffer, 0, COUNTERS_BYTES / 4),
    floats: new Float32Array(buffer, METER_FLOATS_AT, FLOATS),
    bits: new Int32Array(buffer, METER_FLOATS_AT, FLOATS),
    residuals: new Uint16Array(buffer, METER_FLOATS_AT + METER_FLOAT_BYTES, RESIDUAL_COUNTS),
    codes: new Uint8Array(buffer, METER_CODES_AT, SEASON_SLOTS),
  };
}
