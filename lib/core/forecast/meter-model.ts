import type { DurationMs, EpochMs } from '../units.ts';
import { calibrate, CALIBRATION_FLOATS, recalibrate } from './calibration.ts';
import { LEVELS } from './levels.ts';
import { Mixture, mixtureFloats } from './mixture.ts';
import { liftMaxima, MAXIMA, MAXIMA_FLOATS, pushSample, readMaxima } from './moving-maxima.ts';
import { PHASE_FLOATS, PHASE_PRECISION, PHASE_SLOTS, PhaseMemory } from './phase-memory.ts';
import { isTracking, readTracker, track, TRACKER_FLOATS } from './quantile-tracker.ts';
import { countResidual, readResiduals, RESIDUAL_COUNTS } from './residual-histogram.ts';
import type { Steps } from './steps.ts';

/*
 * One buffer for each meter, laid out by hand and read through typed arrays: it is the checkpoint as it stands, and no
 * object is made for a sample. `test/bench/replay.bench.ts` shows what that buys.
 */
const Q = LEVELS.length;
/** States of the two conditional experts: below the median of the samples, the 80th, the 95th percentile, above. */
const STATES = 4;
/** Rates of the unconditional trackers and of the conditional ones. */
const RATES = [0.1, 0.5];
const POSITION_RATE = 0.02;
const STATE_RATE = 0.5;
/** Smoothing of the second residual expert's level (the first starts from the last sample), and of the volatility. */
const SMOOTHING = 0.2;
const VOLATILITY_SMOOTHING = 0.05;
/** A residual's scale: part of the level (noise grows with load), the rest of the volatility. */
const SCALE_OF_LEVEL = 0.3;
const RESIDUALS = 2;
const EXPERTS = MAXIMA + 1 + RATES.length + RESIDUALS + 2;

/** What a forecast was made from, kept until its window is over. */
const FEATURES = MAXIMA + 4; // maxima, phase, last, level, volatility
const F_PHASE = MAXIMA;
const F_LAST = MAXIMA + 1;
const F_LEVEL = MAXIMA + 2;
const F_VOLATILITY = MAXIMA + 3;
const F_STATES = FEATURES;
/** At most so many forecasts of one meter wait for their outcome. */
const SLOTS = 3;
const S_AGE = FEATURES + 1;
const S_REACHED = FEATURES + 2;
const S_CAPPED = FEATURES + 3;
const SLOT = FEATURES + 4;

const LAST = 0;
const LEVEL = 1;
const VOLATILITY = 2;
const POSITION = 3; // tracker of the samples, for the states
const TRACKERS = POSITION + TRACKER_FLOATS; // unconditional, by last sample, by phase
const MIXTURE = TRACKERS + (RATES.length + 2 * STATES) * TRACKER_FLOATS;
const CALIBRATION = MIXTURE + mixtureFloats(EXPERTS);
const RINGS = CALIBRATION + CALIBRATION_FLOATS;
const PHASE = RINGS + MAXIMA_FLOATS;
const PENDING = PHASE + PHASE_FLOATS;
const FLOATS = PENDING + SLOTS * SLOT;
const COUNTS = RESIDUALS * RESIDUAL_COUNTS;

const COUNTERS_BYTES = 12; // samples in order, samples in all, outcomes
/** Where the floats are in a meter's state. */
export const METER_FLOATS_AT = COUNTERS_BYTES;
export const METER_FLOAT_BYTES = 4 * FLOATS;
/** Bytes of one meter's state. */
export const METER_BYTES = COUNTERS_BYTES + 4 * FLOATS + 2 * COUNTS + PHASE_SLOTS;

/** Numbers beyond are cut: a float32 holds no more, and no machine has them. */
const MOST = 1e30;
const LEAST = 1e-30;

/** Scratch, alive within one call. */
const features = new Float64Array(SLOT);
const experts = new Float64Array(EXPERTS * Q);
const quantiles = new Float64Array(Q);
const mixed = new Float64Array(Q);
const out = new Float64Array(Q);

/** A sample as the model takes it. */
export interface MeterSample {
  /** What was wanted for certain, in the meter's unit. */
  readonly value: number;
  /** Use was capped: more may have been wanted, so this sample raises estimates and lowers none. */
  readonly capped: boolean;
  readonly at: EpochMs;
  readonly step: DurationMs;
}

/**
 * Forecasts one meter: quantiles of its maximum over a window of samples. Experts (moving maxima, quantile trackers plain
 * and by state, residuals around levels, the time of day) are mixed online and calibrated online; docs/forecasting.md has
 * the formulas and figures.
 */
export class MeterModel {
  /** The whole state; a copy of it is the same model. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #counters: Uint32Array;
  readonly #f: Float32Array;
  readonly #bits: Uint32Array;
  readonly #counts: Uint16Array;
  readonly #rings: Float32Array;
  readonly #phase: PhaseMemory;
  readonly #mixture: Mixture;
  #hasLearnt = false;

  /** Over bytes of METER_BYTES length, zeros for a new model; they are owned from now on. */
  constructor(bytes: Uint8Array<ArrayBuffer> = new Uint8Array(METER_BYTES)) {
    this.bytes = bytes;
    this.#counters = new Uint32Array(bytes.buffer, 0, 3);
    this.#f = new Float32Array(bytes.buffer, COUNTERS_BYTES, FLOATS);
    this.#bits = new Uint32Array(bytes.buffer, COUNTERS_BYTES, FLOATS);
    this.#counts = new Uint16Array(bytes.buffer, COUNTERS_BYTES + 4 * FLOATS, COUNTS);
    const codes = new Uint8Array(bytes.buffer, COUNTERS_BYTES + 4 * FLOATS + 2 * COUNTS, PHASE_SLOTS);
    this.#phase = new PhaseMemory(codes, this.#f.subarray(PHASE, PHASE + PHASE_FLOATS));
    this.#rings = this.#f.subarray(RINGS, RINGS + MAXIMA_FLOATS);
    this.#mixture = new Mixture(this.#f.subarray(MIXTURE, CALIBRATION), EXPERTS);
  }

  /** Samples seen, late ones included. */
  get samples(): number {
    return this.#counters[1] ?? 0;
  }

  /** Takes the next sample. */
  observe(sample: MeterSample, steps: Steps): void {
    const value = sample.value > LEAST ? Math.min(sample.value, MOST) : 0;
    this.#settle(value, sample.capped, steps);
    this.#counters[1] = this.samples + 1;
    this.#phase.see(value, sample.at, sample.capped);
    if (!sample.capped || value >= this.#longest()) {
      this.#move(value, sample.capped);
      this.#open(sample, steps);
    }
    this.#round();
  }

  /** Folds in a sample that came after newer ones: it counts, and maxima that it passes are raised. */
  late(value: number): void {
    this.#counters[1] = this.samples + 1;
    liftMaxima(this.#rings, value > LEAST ? Math.min(value, MOST) : 0);
    this.#round();
  }

  /** Writes to `values` the quantiles at LEVELS of the maximum over the window of `steps` after a sample at `at`. */
  read(values: number[], { at, step }: Pick<MeterSample, 'at' | 'step'>, steps: Steps): void {
    this.#look(at, step, steps);
    this.#forecast();
    // Rounding of the state must not put a constant below itself.
    for (let q = 0; q < Q; q += 1) values[q] = (out[q] ?? 0) * (1 + 2 ** -14);
  }

  /** The highest of the longest moving maximum, 0 before the first sample. */
  #longest(): number {
    const n = this.#counters[0] ?? 0;
    if (n === 0) return 0;
    readMaxima(this.#rings, n - 1, features);
    return features[MAXIMA - 1] ?? 0;
  }

  #move(value: number, capped: boolean): void {
    const f = this.#f;
    const n = this.#counters[0] ?? 0;
    this.#counters[0] = n + 1;
    pushSample(this.#rings, n, value);
    track(f, POSITION, value, { rate: POSITION_RATE, capped });
    const before = f[VOLATILITY] ?? 0;
    const volatility = n === 0 ? 0 : before + VOLATILITY_SMOOTHING * (Math.abs(value - (f[LAST] ?? 0)) - before);
    f[VOLATILITY] = capped ? Math.max(before, volatility) : volatility;
    f[LEVEL] = n === 0 ? value : (f[LEVEL] ?? 0) + SMOOTHING * (value - (f[LEVEL] ?? 0));
    f[LAST] = value;
  }

  /** What a forecast made now is made from, into `features`. */
  #look(at: EpochMs, step: DurationMs, { lead, hold }: Steps): void {
    const f = this.#f;
    readMaxima(this.#rings, Math.max(0, (this.#counters[0] ?? 0) - 1), features);
    const longest = features[MAXIMA - 1] ?? 0;
    const known = this.#phase.reached(at + lead * step, at + (lead + hold - 1) * step) ?? longest;
    // One byte a slot tells values apart by 4 %: what cannot be told from the exact maximum is the exact maximum.
    const reached = Math.abs(known - longest) < PHASE_PRECISION * longest ? longest : known;
    features[F_PHASE] = reached;
    features[F_LAST] = f[LAST] ?? 0;
    features[F_LEVEL] = f[LEVEL] ?? 0;
    features[F_VOLATILITY] = f[VOLATILITY] ?? 0;
    features[F_STATES] = this.#stateOf(f[LAST] ?? 0) * STATES + this.#stateOf(reached);
  }

  #stateOf(value: number): number {
    const f = this.#f;
    if (value <= (f[POSITION] ?? 0)) return 0;
    if (value <= (f[POSITION + 1] ?? 0)) return 1;
    return value <= (f[POSITION + 3] ?? 0) ? 2 : 3;
  }

  /** The forecast from `features`, into `experts`, `mixed` and `out`. */
  #forecast(): void {
    let k = 0;
    for (; k <= F_PHASE; k += 1) experts.fill(features[k] ?? 0, k * Q, (k + 1) * Q);
    const states = features[F_STATES] ?? 0;
    const byLast = RATES.length + Math.floor(states / STATES);
    const byPhase = RATES.length + STATES + (states % STATES);
    for (const t of [0, 1, byLast, byPhase]) {
      this.#readTracker(TRACKERS + t * TRACKER_FLOATS, k * Q);
      k += 1;
    }
    for (let r = 0; r < RESIDUALS; r += 1) {
      readResiduals(this.#counts, r * RESIDUAL_COUNTS, quantiles);
      const level = features[F_LAST + r] ?? 0;
      const scale = residualScale(level);
      for (let q = 0; q < Q; q += 1) experts[k * Q + q] = Math.max(0, level + (quantiles[q] ?? 0) * scale);
      k += 1;
    }
    this.#mixture.mix(experts, mixed);
    calibrate(this.#f, CALIBRATION, mixed, out);
  }

  /** A state that was never met says what the plain tracker says, and before the first outcome that is the maximum. */
  #readTracker(at: number, to: number): void {
    const known = isTracking(this.#f, at) ? at : TRACKERS;
    if (isTracking(this.#f, known)) readTracker(this.#f, known, experts, to);
    else experts.fill(features[MAXIMA - 1] ?? 0, to, to + Q);
  }

  /** Starts a pending forecast when one is due and a slot is free. */
  #open({ at, step }: MeterSample, steps: Steps): void {
    const f = this.#f;
    const stride = Math.ceil((steps.lead + steps.hold - 1) / SLOTS);
    if (((this.#counters[0] ?? 0) - 1) % stride !== 0) return;
    for (let slot = PENDING; slot < FLOATS; slot += SLOT) {
      if (f[slot + S_AGE] !== 0) continue;
      this.#look(at, step, steps);
      for (let i = 0; i <= F_STATES; i += 1) f[slot + i] = features[i] ?? 0;
      f[slot + S_AGE] = 1;
      f[slot + S_REACHED] = 0;
      f[slot + S_CAPPED] = 0;
      return;
    }
  }

  /** Gives a sample to the forecasts that wait for it; learns from those whose window it ends. */
  #settle(value: number, capped: boolean, { lead, hold }: Steps): void {
    const f = this.#f;
    for (let slot = PENDING; slot < FLOATS; slot += SLOT) {
      const age = f[slot + S_AGE] ?? 0;
      if (age === 0) continue;
      if (age >= lead) {
        f[slot + S_REACHED] = Math.max(f[slot + S_REACHED] ?? 0, value);
        if (capped) f[slot + S_CAPPED] = 1;
      }
      f[slot + S_AGE] = age + 1;
      if (age < lead + hold - 1) continue;
      for (let i = 0; i <= F_STATES; i += 1) features[i] = f[slot + i] ?? 0;
      this.#learn(f[slot + S_REACHED] ?? 0, f[slot + S_CAPPED] === 1);
      f.fill(0, slot, slot + SLOT);
    }
  }

  /** Learns from the outcome `y` of the forecast whose features are in `features`. */
  #learn(y: number, capped: boolean): void {
    this.#forecast();
    recalibrate(this.#f, CALIBRATION, { y, mixed, out, capped });
    const states = features[F_STATES] ?? 0;
    for (let r = 0; r < RATES.length; r += 1)
      track(this.#f, TRACKERS + r * TRACKER_FLOATS, y, { rate: RATES[r] ?? 0, capped });
    const byLast = RATES.length + Math.floor(states / STATES);
    const byPhase = RATES.length + STATES + (states % STATES);
    for (const t of [byLast, byPhase]) track(this.#f, TRACKERS + t * TRACKER_FLOATS, y, { rate: STATE_RATE, capped });
    if (capped) return;
    this.#mixture.learn(y, experts, mixed);
    this.#hasLearnt = true;
    const n = this.#counters[2] ?? 0;
    this.#counters[2] = n + 1;
    for (let r = 0; r < RESIDUALS; r += 1) {
      const level = features[F_LAST + r] ?? 0;
      const off = y - level;
      countResidual(this.#counts, r * RESIDUAL_COUNTS, off === 0 ? 0 : off / residualScale(level), n);
    }
  }

  /** Keeps 16 bits of every number's mantissa: the fourth byte of each float is zero and costs nothing in a checkpoint. */
  #round(): void {
    const bits = this.#bits;
    for (let i = 0; i < FLOATS; i += 1) bits[i] = ((bits[i] ?? 0) + 0x80) & 0xff_ff_ff_00;
    if (this.#hasLearnt) this.#mixture.refresh();
    this.#hasLearnt = false;
  }
}

function residualScale(level: number): number {
  return SCALE_OF_LEVEL * level + (1 - SCALE_OF_LEVEL) * (features[F_VOLATILITY] ?? 0);
}
