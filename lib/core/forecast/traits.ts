import type { DurationMs } from '../units.ts';
import {
  liftMaxima,
  MAXIMA,
  MAXIMA_FLOATS,
  newest,
  pushSample,
  readMaxima,
  recentLeast,
  recentMean,
  rescaleMaxima,
} from './moving-maxima.ts';
import { rescaleTracker, track, TRACKER_FLOATS } from './quantile-tracker.ts';
import { shorten } from './short-number.ts';
import type { Steps } from './steps.ts';

/**
 * What a meter has been like, as numbers without a unit: the input of the prior (prior.ts). A level is taken relative to
 * the peak and by its logarithm, ln(v / peak + FLOOR), so that a meter times ten has the same traits. State: peak
 * (forgotten by half in 1400 samples), level, volatility, samples since it was above a half and a tenth of the peak, how
 * often it climbs above three tenths, share of samples in use, a tracker of the samples' quantiles, the rings of the
 * moving maxima.
 */
const PEAK = 0;
const LEVEL = 1;
const VOLATILITY = 2;
const SINCE_HALF = 3;
const SINCE_TENTH = 4;
const CLIMBS = 5;
const IN_USE = 6;
const POSITION = 7;
/** From here on all numbers are kept short; those before are what `see` changes of its own, to be shortened after it. */
export const RINGS = POSITION + TRACKER_FLOATS;
export const TRAIT_FLOATS = RINGS + MAXIMA_FLOATS;

const LEVEL_RATE = 0.2;
const VOLATILITY_RATE = 0.05;
const POSITION_RATE = 0.02;
const CLIMBS_RATE = 0.005;
const IN_USE_RATE = 0.02;
const PEAK_LEFT = 1 - 1 / 2000;
/** How far the peak follows a fall of the level, as a power of the ratio. */
const PEAK_FOLLOWS = 0.3;
const CLIMB = 0.3;
const USED = 0.02;
/** Counts of samples say no more beyond this. */
const MOST_SAMPLES = 3000;
/** The longest lead and hold in samples and the steps that the prior was shown; others count as the nearest of them. */
const MOST_STEPS = 60;
const LEAST_STEP: DurationMs = 1_000;
const MOST_STEP: DurationMs = 300_000;
/** The share of the peak that is next to nothing. */
const FLOOR = 0.002;

/** Last sample, moving maxima, level, volatility, time of day, hand of the clock. */
const RELATIVE = 1 + MAXIMA + 4;
/** Numbers that `describe` writes. */
export const TRAITS = RELATIVE + 10;

/** What a forecast is made for. */
export interface Outlook {
  readonly steps: Steps;
  readonly step: DurationMs;
  /** For how many samples the meter has been known. */
  readonly samples: number;
  /** The moving maxima now. */
  readonly maxima: Float64Array;
  /** The most that was reached at that time of day; undefined where that is not known. */
  readonly reached: number | undefined;
  /** The same for the hand of the clock. */
  readonly onHand: number | undefined;
}

/** The traits of one meter over a buffer of TRAIT_FLOATS that its owner lends. */
export class Traits {
  readonly #s: Float32Array;
  readonly #rings: Float32Array;
  /** The step that was described last, and its logarithm. */
  #step: DurationMs = Number.NaN;
  #logOfTheStep = 0;

  constructor(state: Float32Array) {
    this.#s = state;
    this.#rings = state.subarray(RINGS, TRAIT_FLOATS);
  }

  get volatility(): number {
    return this.#s[VOLATILITY] ?? 0;
  }

  get peak(): number {
    return this.#s[PEAK] ?? 0;
  }

  /** Takes sample number `n` (0 is the first). */
  see(n: number, value: number): void {
    const s = this.#s;
    const before = n === 0 ? value : newest(this.#rings, n - 1);
    pushSample(this.#rings, n, shorten(value));
    track(s, POSITION, value, POSITION_RATE);
    const first = 1 / (n + 1);
    const change = Math.abs(value - before);
    this.#move(LEVEL, Math.max(LEVEL_RATE, first), value);
    this.#move(VOLATILITY, Math.max(VOLATILITY_RATE, first), change);
    const peak = Math.max(value, (s[PEAK] ?? 0) * PEAK_LEFT);
    s[PEAK] = peak;
    s[SINCE_HALF] = value > peak / 2 ? 0 : Math.min(MOST_SAMPLES, (s[SINCE_HALF] ?? 0) + 1);
    s[SINCE_TENTH] = value > peak / 10 ? 0 : Math.min(MOST_SAMPLES, (s[SINCE_TENTH] ?? 0) + 1);
    const climbed = value > CLIMB * peak && before <= CLIMB * peak;
    this.#move(CLIMBS, Math.max(CLIMBS_RATE, first), climbed ? 1 : 0);
    this.#move(IN_USE, Math.max(IN_USE_RATE, first), value > USED * peak ? 1 : 0);
  }

  /** The running median of the samples. */
  get median(): number {
    return this.#s[POSITION] ?? 0;
  }

  /** Their running .95 quantile. */
  get high(): number {
    return this.#s[POSITION + 3] ?? 0;
  }

  get recentMean(): number {
    return recentMean(this.#rings);
  }

  /** Scales what is known of the samples before the last 12; the peak by less, for what was reached once may be reached again. */
  rescale(ratio: number): void {
    const s = this.#s;
    rescaleMaxima(this.#rings, ratio);
    rescaleTracker(s, POSITION, ratio);
    s[LEVEL] = this.recentMean;
    s[VOLATILITY] = ratio * this.volatility;
    s[PEAK] = ratio ** PEAK_FOLLOWS * this.peak;
  }

  /** Folds in a sample that came after newer ones: maxima that it passes are raised. */
  lift(value: number): void {
    liftMaxima(this.#rings, shorten(value));
    this.#s[PEAK] = Math.max(this.#s[PEAK] ?? 0, value);
  }

  /** Sample number `n`, the newest. */
  last(n: number): number {
    return newest(this.#rings, n);
  }

  /** The least of the last 12 samples before number `n`. */
  least(n: number): number {
    return recentLeast(this.#rings, n - 1);
  }

  /** Writes the moving maxima to `out[0 .. MAXIMA)`, of a series whose last sample was number `n`; zeros before the first. */
  maxima(n: number, out: Float64Array): void {
    if (n < 0) out.fill(0, 0, MAXIMA);
    else readMaxima(this.#rings, n, out);
  }

  /** Writes to `out` the traits after `n` samples, n at least 1. */
  describe(n: number, outlook: Outlook, out: Float64Array): void {
    this.#describeLevels(n, outlook, out);
    const s = this.#s;
    const { steps, step, reached, onHand, samples } = outlook;
    out[RELATIVE] = logOfCount(1 + (s[SINCE_HALF] ?? 0));
    out[RELATIVE + 1] = logOfCount(1 + (s[SINCE_TENTH] ?? 0));
    out[RELATIVE + 2] = Math.log(0.001 + (s[CLIMBS] ?? 0));
    out[RELATIVE + 3] = s[IN_USE] ?? 0;
    out[RELATIVE + 4] = reached === undefined ? 1 : 0;
    out[RELATIVE + 5] = logOfCount(Math.min(MOST_SAMPLES, samples));
    out[RELATIVE + 6] = logOfCount(Math.min(MOST_STEPS, steps.lead));
    out[RELATIVE + 7] = logOfCount(Math.min(MOST_STEPS, steps.hold));
    out[RELATIVE + 8] = this.#logOfStep(step);
    out[RELATIVE + 9] = onHand === undefined ? 1 : 0;
  }

  #describeLevels(n: number, { reached, onHand, maxima }: Outlook, out: Float64Array): void {
    out[0] = newest(this.#rings, n - 1);
    for (let i = 0; i < MAXIMA; i += 1) out[1 + i] = maxima[i] ?? 0;
    out[MAXIMA + 1] = this.#s[LEVEL] ?? 0;
    out[MAXIMA + 2] = this.volatility;
    out[MAXIMA + 3] = reached ?? maxima[MAXIMA - 1] ?? 0;
    out[MAXIMA + 4] = onHand ?? maxima[1] ?? 0;
    relate(out, 0, RELATIVE, this.peak);
  }

  #logOfStep(step: DurationMs): number {
    if (step !== this.#step) {
      this.#step = step;
      this.#logOfTheStep = Math.log(Math.min(MOST_STEP, Math.max(LEAST_STEP, step)) / 1000);
    }
    return this.#logOfTheStep;
  }

  #move(i: number, rate: number, to: number): void {
    const known = this.#s[i] ?? 0;
    this.#s[i] = known + rate * (to - known);
  }
}

/** Turns levels into logarithms of their share of the peak, in place. */
export function relate(values: Float64Array, from: number, to: number, peak: number): void {
  const share = peak > 0 ? 1 / peak : 0;
  let level = Number.NaN;
  let logarithm = 0;
  for (let i = from; i < to; i += 1) {
    const before = level;
    level = values[i] ?? 0;
    // Moving maxima are often the same.
    if (level !== before) logarithm = Math.log(level * share + FLOOR);
    values[i] = logarithm;
  }
}

const LOGS = Float64Array.from({ length: MOST_SAMPLES + 2 }, (_, count) => Math.log(count));
const logOfCount = (count: number): number => LOGS[count] ?? Math.log(count);

/** The logarithm of one level's share of the peak, which is above 0. */
export const shareOf = (level: number, peak: number): number => Math.log(level / peak + FLOOR);

/** The level of a logarithm that `relate` made. */
export const unrelate = (logarithm: number, peak: number): number =>
  Math.max(0, Math.exp(Math.min(MOST_LOG, logarithm)) - FLOOR) * peak;

/** No forecast of the prior is more than e^2 peaks. */
const MOST_LOG = 2;
