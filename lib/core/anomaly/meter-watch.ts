import { LEVELS } from '../forecast/levels.ts';
import { forecastScore } from './forecast-score.ts';
import { Reference, REFERENCE_COUNTERS, REFERENCE_SHORTS } from './reference.ts';
import { fromShort, toShort } from './short-float.ts';

/** Samples before which a meter is not judged: a VM that has just been seen is starting up. */
const WARM_UP = 20;
/** A forecast counts as much as the reference after this many samples, little before. */
const FORECAST_TRUST = 1000;
/** A forecast is kept from where suspicion begins: a newer one would have learnt from the fault. */
const HELD_ABOVE = 3;

/** One sample adds its score, at most this much: a single spike, however tall, is no sustained change. */
const MOST_SCORE = 3;
/** A two-sided CUSUM (Page 1954) that forgets: C = min(30, max(0, 0.92 C + score - 0.7)). */
const KEEP = 0.92;
const ALLOWANCE = 0.7;
const MOST_SUSPICION = 30;
/** Smoothing of the scores by which the end of a fault is told, and how far from normal is still near. */
const DRIFT_RATE = 0.3;
const NEAR = 1;

const RISE = 0;
const FALL = 1;
const DRIFT = 2;
const FLOATS = 3;
const Q = LEVELS.length;
const SHORTS = REFERENCE_SHORTS + Q;
/** Bytes of one meter's state, a multiple of 4. */
export const METER_WATCH_BYTES = 4 * (REFERENCE_COUNTERS + FLOATS) + 2 * SHORTS;
/** Numbers beyond are cut: the state holds no more, and no machine has them. */
const MOST = 1e30;

/** Scratch, alive within one call. */
const held = new Float64Array(Q);

/** Accumulates the surprise at one meter, over a part of a buffer that its owner lends. */
export class MeterWatch {
  readonly #floats: Float32Array;
  readonly #held: Uint16Array;
  readonly #reference: Reference;
  /** The value of the newest sample, cut; undefined when the sample did not have the meter. */
  #value: number | undefined;

  constructor(buffer: ArrayBuffer, at: number) {
    const counters = new Uint32Array(buffer, at, REFERENCE_COUNTERS);
    this.#floats = new Float32Array(buffer, at + 4 * REFERENCE_COUNTERS, FLOATS);
    const shorts = new Uint16Array(buffer, at + 4 * (REFERENCE_COUNTERS + FLOATS), SHORTS);
    this.#held = shorts.subarray(REFERENCE_SHORTS);
    this.#reference = new Reference(shorts.subarray(0, REFERENCE_SHORTS), counters);
  }

  /** Suspicion that the meter is not as it was, from 0 to 30: the larger of the two sides. */
  get suspicion(): number {
    return Math.max(this.#floats[RISE] ?? 0, this.#floats[FALL] ?? 0);
  }

  /** Whether its last samples are near what is normal. */
  get isNear(): boolean {
    return Math.abs(this.#floats[DRIFT] ?? 0) <= NEAR;
  }

  /** Judges a sample. */
  see(value: number | undefined): void {
    this.#value = value === undefined ? undefined : fromShort(toShort(Math.min(value, MOST)));
    if (this.#value === undefined) return;
    this.#reference.see();
    this.#accumulate(this.#reference.isKnown ? this.#scoreOf(this.#value) : 0);
  }

  /** Takes the quantiles at LEVELS that are forecast for the next sample, unless an older forecast is being held to. */
  expect(quantiles: readonly number[]): void {
    if ((this.#floats[RISE] ?? 0) > HELD_ABOVE && this.#hasHeld()) return;
    for (let q = 0; q < Q; q += 1) this.#held[q] = toShort(Math.min(quantiles[q] ?? 0, MOST)) + 1;
  }

  /** Takes the newest sample as normal; of suspect ones few. */
  accept(isSuspect: boolean): void {
    if (this.#value !== undefined) this.#reference.take(this.#value, isSuspect);
  }

  /** A fault begins: what waits to be normal is not. */
  distrust(): void {
    this.#reference.dropQueue();
  }

  /** A fault is over. */
  calm(): void {
    this.#floats[RISE] = 0;
    this.#floats[FALL] = 0;
    this.#held.fill(0);
  }

  /** What is seen from now on is normal. */
  beginAnew(): void {
    this.calm();
    this.#reference.beginAnew();
  }

  #accumulate(score: number): void {
    const f = this.#floats;
    f[DRIFT] = (f[DRIFT] ?? 0) + DRIFT_RATE * (score - (f[DRIFT] ?? 0));
    if (this.#reference.seen <= WARM_UP) return;
    f[RISE] = grown(f[RISE] ?? 0, score);
    f[FALL] = grown(f[FALL] ?? 0, -score);
  }

  /** The score by the reference; a rise that was forecast is less of a surprise the more the shadow knows. */
  #scoreOf(value: number): number {
    const own = this.#reference.score(value);
    const trust = this.#reference.seen / (this.#reference.seen + FORECAST_TRUST);
    const known = own > 0 && this.#hasHeld() ? Math.min(own, this.#heldScore(value)) : own;
    return Math.max(-MOST_SCORE, Math.min(MOST_SCORE, own + trust * (known - own)));
  }

  #heldScore(value: number): number {
    for (let q = 0; q < Q; q += 1) held[q] = fromShort((this.#held[q] ?? 0) - 1);
    return forecastScore(value, held, this.#reference.scaleFor(value));
  }

  /** One more than the number's bits is kept, so that 0 is none. */
  #hasHeld(): boolean {
    return this.#held[0] !== 0;
  }
}

const grown = (before: number, score: number): number =>
  Math.min(MOST_SUSPICION, Math.max(0, KEEP * before + score - ALLOWANCE));
