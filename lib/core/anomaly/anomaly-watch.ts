import type { Demand } from '../demand/demand.ts';
import { Fault } from '../fault.ts';
import type { Forecast } from '../forecast/forecast.ts';
import { METERS, METERS_OF, RESOURCES, type Resource } from '../meter.ts';
import { packZeros, unpackZeros } from '../shadow/zero-runs.ts';
import { METER_WATCH_BYTES, MeterWatch } from './meter-watch.ts';

/** The score from which a sample is anomalous; docs/anomalies.md has what other thresholds give. */
export const ANOMALY_THRESHOLD = 7;

/** Resources are joined by this norm: two that jump together count little more than the larger. */
const NORM = 3;
/** A resource is to blame when its suspicion is more than half of the largest. */
const BLAMED_SHARE = 0.5;
/** A fault is over when the meters that began it were near normal this many times in a row. */
const QUIET_SAMPLES = 3;
const LEADING_SHARE = 0.7;
/** What lasts longer is the new normal. */
const LONGEST_FAULT = 120;
/** Samples are suspect from this share of the threshold on. */
const SUSPECT_SHARE = 0.5;
/** Each fault makes the next one count this much less, which wears off by a factor e in 3600 samples. */
const CAUTION = 2;
const CAUTION_LIFE = 3600;

const MAGIC = 0x53_48_41_4e; // "SHAN"
const VERSION = 1;
const PREFIX = 5;
const AGE = 0; // samples of the fault so far, 0 while there is none
const QUIET = 1;
const LEADING = 2; // bits by place in METERS
const COUNTERS = 3;
const METERS_AT = 4 * (COUNTERS + 1);
const STATE_BYTES = METERS_AT + METERS.length * METER_WATCH_BYTES;

/** What an AnomalyWatch thinks of a sample. */
export interface AnomalyVerdict {
  /** Accumulated surprise: 0 is nothing, the threshold is an anomaly; rarely above 40. */
  readonly score: number;
  readonly anomalous: boolean;
  /** The resources to blame, in the order of RESOURCES; empty when not anomalous. */
  readonly resources: readonly Resource[];
}

/**
 * Tells sustained faults of one primary from the surprise at its demand: each meter's samples are ranked among its normal ones
 * and against the shadow's forecast, scores accumulate on both sides, the resources' suspicions are joined, and a fault
 * holds until its meters are back. Each verdict knows the samples up to its own only. Deterministic to the bit; at most
 * 750 bytes.
 */
export class AnomalyWatch {
  readonly #threshold: number;
  readonly #state: Uint8Array<ArrayBuffer>;
  readonly #counters: Uint32Array;
  readonly #cautions: Float32Array;
  readonly #meters: readonly MeterWatch[];

  constructor(threshold: number = ANOMALY_THRESHOLD, state = new Uint8Array(STATE_BYTES)) {
    if (!(threshold > 0)) throw new RangeError(`an anomaly threshold of ${threshold}, wanted a number above 0`);
    this.#threshold = threshold;
    this.#state = state;
    this.#counters = new Uint32Array(state.buffer, 0, COUNTERS);
    this.#cautions = new Float32Array(state.buffer, 4 * COUNTERS, 1);
    this.#meters = METERS.map((_, i) => new MeterWatch(state.buffer, METERS_AT + i * METER_WATCH_BYTES));
  }

  /** The watch that `encode` wrote. Throws Fault SHADOW_FORMAT for another version and for bytes that are no state. */
  static decode(bytes: Uint8Array, threshold?: number): AnomalyWatch {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < PREFIX || view.getUint32(0) !== MAGIC || view.getUint8(4) !== VERSION) {
      const what = `does not begin as one of version ${VERSION}`;
      throw new Fault('SHADOW_FORMAT', `the state of an anomaly watch ${what}: drop it and start anew`);
    }
    return new AnomalyWatch(threshold, unpackZeros(bytes.subarray(PREFIX), STATE_BYTES));
  }

  /** The whole state as bytes: equal states give equal bytes, and `decode` goes on bit for bit. */
  encode(): Uint8Array {
    const packed = packZeros(this.#state);
    const bytes = new Uint8Array(PREFIX + packed.length);
    new DataView(bytes.buffer).setUint32(0, MAGIC);
    bytes[4] = VERSION;
    bytes.set(packed, PREFIX);
    return bytes;
  }

  /** Judges the next sample: what was wanted, as far as it is known. */
  observe(demand: Demand): AnomalyVerdict {
    this.#see(demand);
    const suspicions = RESOURCES.map((resource) => this.#suspicionOf(resource));
    const suspicion = suspicions.reduce((sum, one) => sum + one ** NORM, 0) ** (1 / NORM);
    const score = suspicion / (1 + this.#caution);
    if (this.#age === 0 && score >= this.#threshold) this.#begin();
    const wasAnomalous = this.#age > 0;
    if (wasAnomalous && this.#goesOn()) return { score, anomalous: true, resources: blamedOf(suspicions) };
    this.#learn(score, suspicion);
    return { score: wasAnomalous ? 0 : score, anomalous: false, resources: [] };
  }

  /** Takes what the shadow forecasts after the sample that was observed last. Without it, samples are compared alone. */
  expect({ meters }: Forecast): void {
    for (const [i, meter] of METERS.entries()) {
      const quantiles = meters[meter]?.values;
      if (quantiles !== undefined) this.#meters[i]?.expect(quantiles);
    }
  }

  get #age(): number {
    return this.#counters[AGE] ?? 0;
  }

  /** How much more than before the first fault the next must be: 0 for as much. */
  get #caution(): number {
    return this.#cautions[0] ?? 0;
  }

  #see(demand: Demand): void {
    let place = 0;
    for (const meter of METERS) {
      this.#meters[place]?.see(demand[meter]?.low);
      place += 1;
    }
    this.#cautions[0] = this.#caution * (1 - 1 / CAUTION_LIFE);
  }

  #suspicionOf(resource: Resource): number {
    return Math.max(...METERS_OF[resource].map((meter) => this.#meters[METERS.indexOf(meter)]?.suspicion ?? 0));
  }

  #begin(): void {
    const most = Math.max(...this.#meters.map((meter) => meter.suspicion));
    let leading = 0;
    for (const [i, meter] of this.#meters.entries()) {
      meter.distrust();
      if (meter.suspicion > LEADING_SHARE * most) leading |= 1 << i;
    }
    this.#counters[LEADING] = leading;
    this.#counters[QUIET] = 0;
    this.#counters[AGE] = 1;
  }

  /** Ages the fault, and ends it when its meters are back or when it has lasted so long that it is the new normal. */
  #goesOn(): boolean {
    const leading = this.#counters[LEADING] ?? 0;
    const isBack = this.#meters.every((meter, i) => ((leading >> i) & 1) === 0 || meter.isNear);
    const quiet = isBack ? (this.#counters[QUIET] ?? 0) + 1 : 0;
    this.#counters[QUIET] = quiet;
    const isOld = this.#age > LONGEST_FAULT;
    if (quiet < QUIET_SAMPLES && !isOld) {
      this.#counters[AGE] = this.#age + 1;
      return true;
    }
    this.#counters[AGE] = 0;
    this.#cautions[0] = CAUTION * (1 + this.#caution) - 1;
    for (const meter of this.#meters) {
      if (isOld) meter.beginAnew();
      else meter.calm();
    }
    return false;
  }

  #learn(score: number, suspicion: number): void {
    const isSuspect = score > SUSPECT_SHARE * this.#threshold;
    for (const meter of this.#meters) meter.accept(isSuspect && meter.suspicion > SUSPECT_SHARE * suspicion);
  }
}

function blamedOf(suspicions: readonly number[]): Resource[] {
  const most = Math.max(...suspicions);
  return RESOURCES.filter((_, r) => (suspicions[r] ?? 0) > BLAMED_SHARE * most);
}
