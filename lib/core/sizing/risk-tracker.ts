import type { Forecast, MeterForecast } from '../forecast/forecast.ts';
import { shorten } from '../forecast/short-number.ts';
import type { Steps } from '../forecast/steps.ts';
import { METERS, type Allocation, type Meter, type PerMeter } from '../meter.ts';
import type { DurationMs, EpochMs, Probability } from '../units.ts';
import type { Recommendation } from './recommendation.ts';
import type { PooledMeter, RiskPool } from './risk-pool.ts';
import { NEW_SAMPLES, recommend } from './size.ts';
import { spendRisk, steepnessOf } from './spend-risk.ts';

/** The multiplier stays between a fifth (the forecast itself may be off) and five times the samples of a window. */
const LEAST = 0.2;
const MOST = 5;
/** The mean demand is that of about the last thousand samples. */
const MEAN_RATE = 0.001;
/** Smoothing of the steepness of a meter's forecasts. */
const STEEPNESS_RATE = 0.01;
/** No size accepts being missed every other window. */
const MOST_RISK: Probability = 0.5;
/** At most so many sizes wait for the samples of their windows. */
const SLOTS = 3;
/** A member that was seen so often is seen no more: it says nothing about how much was learnt. */
const MOST_SAMPLES = 65_535;

/**
 * Layout: ages of the slots, then these, each for all meters (side by side, equal ones cost nothing in a checkpoint); the last
 * three are the pool's memory.
 */
const M = METERS.length;
const AGES = 0;
const SAMPLES = AGES + SLOTS;
const MEAN = SAMPLES + M;
const STEEPNESS = MEAN + M;
const SIZES = STEEPNESS + M;
const LEARNT = SIZES + SLOTS * M;
const USUAL = LEARNT + M;
const MEMBERS = USUAL + M;
/** Bytes of a tracker that is put away. */
export const RISK_BYTES = 4 * (MEMBERS + M);

/** What is known after a sample. */
export interface SizingMoment {
  /** What was wanted in the sample, for the meters that it told of. */
  readonly told: PerMeter;
  readonly steps: Steps;
  /** Limits in force, where they are known. */
  readonly inForce?: Allocation;
}

/**
 * Sizes one member of a pool, sample by sample, and turns the pool's risk per sample into the risk per hold window that realises
 * it. A forecast is about the maximum of a window: when one sample of five passes the size the window is missed, but four fifths
 * of its time was served. The multiplier between the two is learnt from what became of the sizes of all members,
 *
 *   ln m += rate * (1 - missed / risk)   for each sample,   risk per window = m * risk,
 *
 * which stands still exactly when the share of missed samples is the risk. It begins at the root of the window's samples. What a
 * VM misses while it is new says nothing about the forecasts of the others, or about its own later ones, and is left out.
 * Given the forecast, the risk is spent where it saves most (spend-risk.ts); the multiplier keeps the whole on its mark.
 *
 * Sizes are followed as asked, not as granted: policies may refuse one, and the next should not pay for it. At most SLOTS of
 * them wait for their windows at a time.
 */
export class RiskTracker {
  readonly #pool: RiskPool;
  /** The whole state; a copy of it is the same tracker. */
  readonly #f: Float32Array<ArrayBuffer>;

  /** `bytes` is what another tracker was put away as. */
  constructor(pool: RiskPool, bytes: Uint8Array = new Uint8Array(RISK_BYTES)) {
    this.#pool = pool;
    this.#f = new Float32Array(Uint8Array.from(bytes).buffer);
    for (const [at, meter] of METERS.entries()) {
      const samples = this.#read(at + SAMPLES);
      if (samples === 0) continue;
      const [learnt, steepness] = [this.#read(at + LEARNT), this.#read(at + USUAL)];
      pool.of(meter).enter(samples, { learnt, steepness, members: this.#read(at + MEMBERS) });
      pool.of(meter).steepen(0, this.#relative(at));
    }
  }

  /** What to put away; the pool's memory rides along. */
  get bytes(): Uint8Array<ArrayBuffer> {
    for (const [at, meter] of METERS.entries()) {
      if (this.#read(at + SAMPLES) === 0) continue;
      const { learnt, steepness, members } = this.#pool.of(meter).memory;
      this.#f[at + LEARNT] = learnt;
      this.#f[at + USUAL] = shorten(steepness);
      this.#f[at + MEMBERS] = members;
    }
    return new Uint8Array(this.#f.buffer.slice(0));
  }

  /** The size for the window of a forecast. To be called after each sample, once, in their order. */
  size(forecast: Forecast, { told, steps, inForce }: SizingMoment): Recommendation {
    for (const [at, meter] of METERS.entries()) {
      const [wanted, known] = [told[meter], forecast.meters[meter]];
      if (wanted !== undefined && known !== undefined) this.#see(at, this.#pool.of(meter), { wanted, known, steps });
    }
    this.#age(steps);
    const risk: Partial<Record<Meter, Probability>> = {};
    for (const [at, meter] of METERS.entries()) {
      const known = forecast.meters[meter];
      if (known !== undefined) risk[meter] = this.#riskOf(at, this.#pool.of(meter), { forecast, known, steps });
    }
    const recommendation = recommend(forecast, { risk }, inForce);
    this.#wait(recommendation, steps);
    return recommendation;
  }

  /** To be called when nothing more will be seen of the VM. */
  leave(): void {
    for (const [at, meter] of METERS.entries()) {
      if (this.#read(at + SAMPLES) > 0) this.#pool.of(meter).leave(this.#read(at + SAMPLES), this.#relative(at));
    }
    this.#f.fill(0);
  }

  /** Takes a sample of one meter against the sizes whose windows it is in. */
  #see(
    at: number,
    pooled: PooledMeter,
    { wanted, known, steps }: { readonly wanted: number; readonly known: MeterForecast; readonly steps: Steps },
  ): void {
    const samples = this.#read(at + SAMPLES);
    if (samples === 0) pooled.enter(0);
    const isNew = known.samples <= NEW_SAMPLES;
    const weight = Math.max(1, meanGapOf(steps) / steps.hold);
    for (let slot = 0; slot < SLOTS && !isNew; slot += 1) {
      const size = this.#read(at + SIZES + slot * M);
      if (this.#read(AGES + slot) >= steps.lead && !Number.isNaN(size)) pooled.learn(wanted > size, weight);
    }
    if (samples < MOST_SAMPLES) {
      this.#f[at + SAMPLES] = samples + 1;
      pooled.grow();
    }
    const before = this.#relative(at);
    const mean = this.#read(at + MEAN);
    this.#f[at + MEAN] = shorten(mean + (wanted - mean) * Math.max(MEAN_RATE, 1 / (samples + 1)));
    pooled.steepen(before, this.#relative(at));
  }

  /** The risk at which the size for a forecast is cheapest. */
  #riskOf(
    at: number,
    pooled: PooledMeter,
    { forecast, known, steps }: { readonly forecast: Forecast; readonly known: MeterForecast; readonly steps: Steps },
  ): Probability {
    const { hold } = steps;
    const multiplier = Math.sqrt(hold) * Math.exp(pooled.learnt);
    const risk = Math.min(MOST_RISK, this.#pool.risk * Math.min(MOST * hold, Math.max(LEAST, multiplier)));
    const steepness = this.#steepen(at, pooled, steepnessOf(known.values, forecast.levels));
    return spendRisk(known.values, forecast.levels, { risk, steepness });
  }

  /** What counts as usual steepness for this member in its unit: the pool's, with this member's `now` taken in. */
  #steepen(at: number, pooled: PooledMeter, now: number): number {
    const before = this.#relative(at);
    const known = this.#read(at + STEEPNESS);
    this.#f[at + STEEPNESS] = shorten(this.#read(at + SAMPLES) <= 1 ? now : known + STEEPNESS_RATE * (now - known));
    pooled.steepen(before, this.#relative(at));
    const mean = this.#read(at + MEAN);
    return mean > 0 ? pooled.steepness * mean : this.#read(at + STEEPNESS);
  }

  /** Steepness in units of the mean demand. */
  #relative(at: number): number {
    const mean = this.#read(at + MEAN);
    return mean > 0 ? this.#read(at + STEEPNESS) / mean : 0;
  }

  /** One more sample for the sizes that wait; those whose windows it ended wait no more. */
  #age({ lead, hold }: Steps): void {
    for (let i = AGES; i < AGES + SLOTS; i += 1) {
      const age = this.#read(i);
      if (age > 0) this.#f[i] = age + 1 < lead + hold ? age + 1 : 0;
    }
  }

  /** Keeps a size that is asked for until its window is over, when a slot is free and one is due. */
  #wait({ target, forecast }: Recommendation, steps: Steps): void {
    const ages = this.#f.subarray(AGES, AGES + SLOTS);
    const youngest = ages.reduce((least, age) => (age > 0 ? Math.min(least, age) : least), Infinity);
    const slot = ages.indexOf(0);
    if (slot < 0 || youngest <= gapOf(steps, forecast.at)) return;
    ages[slot] = 1;
    for (const [at, meter] of METERS.entries()) this.#f[at + SIZES + slot * M] = shorten(target[meter] ?? Number.NaN);
  }

  #read(i: number): number {
    return this.#f[i] ?? 0;
  }
}

/** The least gap between two sizes that are kept, in samples: SLOTS of them wait at a time. */
const strideOf = ({ lead, hold }: Steps): number => Math.ceil((lead + hold - 1) / SLOTS);

/**
 * The gap before the next one that is kept. Where not all can be, one of two at random, by the time's bits: at a fixed one, a
 * demand that alternates would always be looked at in the same half.
 */
function gapOf(steps: Steps, at: EpochMs): number {
  const stride = strideOf(steps);
  return stride > 1 ? stride + (Math.imul(Math.floor(at / TIME_UNIT) | 0, GOLDEN) >>> 31) : stride;
}

const meanGapOf = (steps: Steps): number => strideOf(steps) + (strideOf(steps) > 1 ? 0.5 : 0);

/** 2^32 over the golden ratio: multiples of it are spread evenly (Knuth, TAOCP 6.4). */
const GOLDEN = 0x9e_37_79_b1;
const TIME_UNIT: DurationMs = 100;
