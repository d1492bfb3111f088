import { CALIBRATION_FLOATS } from './calibration.ts';
import { SHIFT_FLOATS } from './level-shift.ts';
import { LEVELS } from './levels.ts';
import { mixtureFloats } from './mixture.ts';
import { PHASE_FLOATS, PHASE_SLOTS } from './phase-memory.ts';
import { PLATEAU_FLOATS } from './plateau.ts';
import { TRACKER_FLOATS } from './quantile-tracker.ts';
import { RESIDUAL_COUNTS } from './residual-histogram.ts';
import { STRETCH_FLOATS } from './stretch.ts';
import { TRAIT_FLOATS } from './traits.ts';

/*
 * Where everything is in the state of one meter: counters, floats, residual counts, times of day. One buffer for each meter,
 * laid out by hand and read through typed arrays: it is the checkpoint as it stands, and no object is made for a sample.
 * `test/bench/replay.bench.ts` shows what that buys.
 */

/** States of the conditional expert: below the median of the samples, the 80th, the 95th percentile, above. */
export const STATES = 4;
/** The maximum of the last 12 samples, the time of day, windows that began in this state, residuals. */
export const EXPERTS = 4;
/** At most so many forecasts of one meter wait for their outcome. */
export const SLOTS = 3;

/** What a forecast was made from, kept until its window is over: the prior's quantiles and these. */
export const S_SHORT = LEVELS.length;
export const S_PHASE = S_SHORT + 1;
export const S_LAST = S_PHASE + 1;
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
export const PHASE = STRETCH + STRETCH_FLOATS;
export const PENDING = PHASE + PHASE_FLOATS;
export const PLATEAU = PENDING + SLOTS * SLOT;
export const SHIFT = PLATEAU + PLATEAU_FLOATS;
export const FLOATS = SHIFT + SHIFT_FLOATS;

const COUNTERS_BYTES = 12; // samples in order, samples in all, outcomes
/** Where the floats are in a meter's state. */
export const METER_FLOATS_AT = COUNTERS_BYTES;
export const METER_FLOAT_BYTES = 4 * FLOATS;
/** Bytes of one meter's state. */
export const METER_BYTES = COUNTERS_BYTES + 4 * FLOATS + 2 * RESIDUAL_COUNTS + PHASE_SLOTS;
