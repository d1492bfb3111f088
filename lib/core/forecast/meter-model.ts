import type { DurationMs, EpochMs } from '../units.ts';
import { fallOf } from './level-shift.ts';
import { LEVELS } from './levels.ts';
import {
  CHOICE,
  FLOATS,
  METER_BYTES,
  meterState,
  PENDING,
  PLATEAU,
  S_AGE,
  S_HAND,
  S_LAST,
  S_PHASE,
  S_REACHED,
  S_SCALE,
  S_SHORT,
  S_STATE,
  SEASONS,
  SHIFT,
  SLOT,
  STRETCH,
  type MeterState,
} from './meter-layout.ts';
import { MAXIMA } from './moving-maxima.ts';
import { Mixture } from './mixture.ts';
import { OwnAnswer } from './own-answer.ts';
import { PHASE_PRECISION } from './phase-memory.ts';
import { isAtLimit, keepForecast, leaveLimit } from './plateau.ts';
import { INPUTS, type Prior } from './prior.ts';
import { Seasons, SEASON_FLOATS } from './seasons.ts';
import { shortenAll } from './short-number.ts';
import type { Steps } from './steps.ts';
import { forgetMedian, restretch, stretch } from './stretch.ts';
import { relate, RINGS, TRAIT_FLOATS, Traits, TRAITS, unrelate } from './traits.ts';
import { begin, clear, clearAll, freeSlot, isDue, reach } from './waiting.ts';

const Q = LEVELS.length;
/** A residual's scale: part of the level (noise grows with load), the rest of the volatility. */
const SCALE_OF_LEVEL = 0.3;
/** How far the prior is ahead of the meter's own history before anything came of a forecast: e^5 to 1. */
const HEAD_START = 5;

/** Numbers beyond are cut: a float32 holds no more, and no machine has them. */
const MOST = 1e30;
const LEAST = 1e-30;

/** The state is rounded: what it knows of a value may be less by this factor. */
const SAME = 1 + 2 ** -14;

/** Scratch, alive within one call. */
const slotNow = new Float64Array(SLOT);
const maxima = new Float64Array(MAXIMA);
const quantiles = new Float64Array(Q);
const choices = new Float64Array(2 * Q);
const chosen = new Float64Array(Q);
const out = new Float64Array(Q);
const inputs = new Float64Array(INPUTS);
const beforeLimit: number[] = [];
const NOTHING: readonly number[] = [];

const NEVER: Steps = { lead: 0, hold: 0 };

/** A sample as the model takes it. */
export interface MeterSample {
  /** What was wanted for certain, in the meter's unit. */
  readonly value: number;
  /** Use was capped: more may have been wanted, so this sample pulls no forecast down (plateau.ts). */
  readonly capped: boolean;
  readonly at: EpochMs;
  readonly step: DurationMs;
}

/**
 * Forecasts one meter: quantiles of its maximum over a window of samples. A prior learnt from other VMs (prior.ts) and the meter's
 * own history (own-answer.ts) are mixed online and calibrated online; docs/forecasting.md has the formulas and figures.
 */
export class MeterModel {
  /** The whole state; a copy of it is the same model. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #state: MeterState;
  readonly #counters: Uint32Array;
  readonly #f: Float32Array;
  readonly #seasons: Seasons;
  readonly #traits: Traits;
  readonly #own: OwnAnswer;
  readonly #choice: Mixture;
  readonly #prior: Prior;
  #hasLearnt = false;
  /** What the newest forecast was made from, for the reader of the same moment; a function of the state. */
  readonly #now = new Float64Array(SLOT);
  /** Its two answers: the prior's quantiles and those of the meter's own history. */
  readonly #answers = new Float64Array(2 * Q);
  #nowAt: EpochMs = Number.NaN;
  #nowStep: DurationMs = 0;
  #nowFor: Steps = NEVER;

  /** Over bytes of METER_BYTES length, zeros for a new model; they are owned from now on. */
  constructor(prior: Prior, bytes: Uint8Array<ArrayBuffer> = new Uint8Array(METER_BYTES)) {
    this.bytes = bytes;
    this.#prior = prior;
    this.#state = meterState(bytes);
    const { counters, floats, codes } = this.#state;
    this.#counters = counters;
    this.#f = floats;
    this.#seasons = new Seasons(codes, floats.subarray(SEASONS, SEASONS + SEASON_FLOATS));
    this.#traits = new Traits(floats.subarray(0, TRAIT_FLOATS));
    this.#own = new OwnAnswer(this.#state, this.#traits);
    this.#choice = new Mixture(floats.subarray(CHOICE, STRETCH), 2, HEAD_START);
  }

  /** Samples seen, late ones included. */
  get samples(): number {
    return this.#counters[1] ?? 0;
  }

  /**
   * The state of a model for a meter of the same kind that was not seen yet: what was learnt, without what this one waits for and
   * without its samples being counted.
   */
  heir(): Uint8Array<ArrayBuffer> {
    const bytes = this.bytes.slice();
    const { counters, floats } = meterState(bytes);
    counters[1] = 0;
    floats.fill(0, PENDING, FLOATS);
    return bytes;
  }

  /** Takes the next sample. */
  observe(sample: MeterSample, steps: Steps): void {
    this.#watchLimit(sample, steps);
    this.#nowFor = NEVER;
    const value = sample.value > LEAST ? Math.min(sample.value, MOST) : 0;
    this.#settle(value, steps);
    this.#counters[1] = this.samples + 1;
    this.#seasons.see(value, sample);
    const n = this.#counters[0] ?? 0;
    this.#traits.see(n, value);
    this.#counters[0] = n + 1;
    const ratio = fallOf(this.#f, SHIFT, { n, value, capped: sample.capped }, this.#traits);
    if (ratio !== 1) this.#rescale(ratio);
    this.#round();
    this.#wait(sample, steps);
  }

  /** Scales what was learnt to the level that the samples have fallen to, see level-shift.ts. */
  #rescale(ratio: number): void {
    this.#traits.rescale(ratio);
    this.#traits.maxima((this.#counters[0] ?? 0) - 1, maxima);
    this.#seasons.fall(ratio, maxima[1] ?? 0);
    this.#own.rescale(ratio);
    this.#choice.rescale(ratio);
    clearAll(this.#f);
    forgetMedian(this.#f, STRETCH);
    this.#hasLearnt = true;
  }

  /** Keeps the forecast of the moment before use reached its limit, see plateau.ts. */
  #watchLimit({ capped, at, step }: MeterSample, steps: Steps): void {
    if (!capped) leaveLimit(this.#f, PLATEAU);
    else if (!isAtLimit(this.#f, PLATEAU)) {
      if (this.samples > 0) this.read(beforeLimit, { at: at - step, step }, steps);
      // The peak fades within the hour; what the seasons remember of this time was reached too.
      const reached = Math.max(this.#traits.peak, this.#now[S_PHASE] ?? 0, this.#now[S_HAND] ?? 0);
      keepForecast(this.#f, PLATEAU, this.samples > 0 ? beforeLimit : NOTHING, reached);
      this.#roundFrom(PLATEAU, SHIFT);
    }
  }

  /** Folds in a sample that came after newer ones: it counts, and maxima that it passes are raised. */
  late(value: number): void {
    this.#nowFor = NEVER;
    this.#counters[1] = this.samples + 1;
    this.#traits.lift(value > LEAST ? Math.min(value, MOST) : 0);
    this.#round();
  }

  /** Writes to `values` the quantiles at LEVELS of the maximum over the window of `steps` after a sample at `at`. */
  read(values: number[], when: Pick<MeterSample, 'at' | 'step'>, steps: Steps): void {
    this.#look(when, steps);
    this.#choose(this.#answers);
    // What never fell below a level lately is not expected to do so now, and rounding must not put a constant below itself.
    const least = this.#traits.least(this.#counters[0] ?? 0);
    for (let q = 0; q < Q; q += 1) values[q] = Math.max(least, this.#f[PLATEAU + q] ?? 0, out[q] ?? 0) * SAME;
  }

  /**
   * Writes to `to` what the prior is asked for a window of `steps` after a sample at `at`, and says the peak that its
   * answer is relative to. What a prior is learnt from.
   */
  ask(to: Float64Array, { at, step }: Pick<MeterSample, 'at' | 'step'>, steps: Steps): number {
    const n = this.#counters[0] ?? 0;
    const traits = this.#traits;
    traits.maxima(n - 1, maxima);
    const longest = maxima[MAXIMA - 1] ?? 0;
    slotNow[S_SHORT] = maxima[1] ?? 0;
    const opens = at + steps.lead * step;
    const closes = opens + (steps.hold - 1) * step;
    const known = this.#seasons.ofDay(opens, closes);
    slotNow[S_PHASE] = exactly(known, longest);
    const onHand = this.#seasons.ofHand(opens, closes);
    slotNow[S_HAND] = onHand ?? maxima[1] ?? 0;
    const last = traits.last(n - 1);
    slotNow[S_LAST] = last;
    slotNow[S_SCALE] = SCALE_OF_LEVEL * last + (1 - SCALE_OF_LEVEL) * traits.volatility;
    slotNow[S_STATE] = last > traits.median ? 1 : 0;
    const reached = known === undefined ? undefined : slotNow[S_PHASE];
    traits.describe(n, { steps, step, maxima, reached, onHand, samples: n }, to);
    this.#own.from(slotNow, 0);
    to.set(this.#own.values, TRAITS);
    relate(to, TRAITS, INPUTS, traits.peak);
    return traits.peak;
  }

  /** What a forecast made now is made from, into `#now`: the contents of a slot, and what the meter's own history says. */
  #look({ at, step }: Pick<MeterSample, 'at' | 'step'>, steps: Steps): void {
    const isSameTime = this.#nowAt === at && this.#nowStep === step;
    if (isSameTime && this.#nowFor.lead === steps.lead && this.#nowFor.hold === steps.hold) return;
    const peak = this.ask(inputs, { at, step }, steps);
    this.#prior.foresee(inputs, quantiles);
    for (let i = Q; i < S_AGE; i += 1) this.#now[i] = slotNow[i] ?? 0;
    for (let q = 0; q < Q; q += 1) {
      this.#answers[q] = unrelate(quantiles[q] ?? 0, peak);
      this.#answers[Q + q] = this.#own.values[q] ?? 0;
    }
    this.#nowAt = at;
    this.#nowStep = step;
    this.#nowFor = steps;
  }

  /** The forecast from the two answers, the prior's and the meter's own, into `chosen` and `out`. */
  #choose(answers: Float64Array): void {
    this.#choice.mix(answers, chosen);
    stretch(this.#f, STRETCH, chosen, out);
  }

  /** Keeps the forecast of this moment until its window is over, when it is due and a slot is free. */
  #wait(sample: MeterSample, steps: Steps): void {
    const f = this.#f;
    const slot = isDue((this.#counters[0] ?? 0) - 1, steps) ? freeSlot(f) : undefined;
    if (slot === undefined) return;
    this.#look(sample, steps);
    for (let q = 0; q < Q; q += 1) f[slot + q] = this.#answers[q] ?? 0;
    for (let i = Q; i < S_AGE; i += 1) f[slot + i] = this.#now[i] ?? 0;
    begin(f, slot);
    this.#roundFrom(slot, slot + SLOT);
  }

  /** Gives a sample to the forecasts that wait for it; learns from those whose window it ends. */
  #settle(value: number, steps: Steps): void {
    const f = this.#f;
    for (let slot = PENDING; slot < PLATEAU; slot += SLOT) {
      if (!reach(f, slot, value, steps)) continue;
      this.#learn(slot, f[slot + S_REACHED] ?? 0);
      clear(f, slot);
    }
  }

  /** Learns from the outcome `y` of the forecast in `slot`. */
  #learn(slot: number, y: number): void {
    const f = this.#f;
    this.#hasLearnt = true;
    this.#own.from(f, slot);
    for (let q = 0; q < Q; q += 1) choices[q] = f[slot + q] ?? 0;
    choices.set(this.#own.values, Q);
    this.#choose(choices);
    restretch(f, STRETCH, y, out);
    this.#choice.learn(y, choices, chosen);
    const n = this.#counters[2] ?? 0;
    this.#counters[2] = n + 1;
    this.#own.learn(f, slot, { y, n });
  }

  /**
   * Keeps 16 bits of every number's mantissa: the fourth byte of each float is zero and costs nothing in a checkpoint. What
   * only an outcome changes is left alone where there was none; slots are rounded as they are written.
   */
  #round(): void {
    this.#roundFrom(0, RINGS);
    this.#roundFrom(SEASONS, PENDING);
    if (!this.#hasLearnt) return;
    this.#hasLearnt = false;
    this.#roundFrom(TRAIT_FLOATS, SEASONS);
    this.#own.refresh();
    this.#choice.refresh();
  }

  #roundFrom(from: number, to: number): void {
    shortenAll(this.#state.bits, from, to);
  }
}

/**
 * What a season remembers, beside the longest exact maximum. One byte a slot tells values apart by 4 %: what cannot be told from
 * the exact maximum is the exact maximum, and so is what was never seen.
 */
const exactly = (known: number | undefined, longest: number): number =>
  known === undefined || Math.abs(known - longest) < PHASE_PRECISION * longest ? longest : known;
