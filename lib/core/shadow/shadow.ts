import { demandOf } from '../demand/demand.ts';
import type { DemandInterval, Forecast, Horizon, MeterForecast } from '../forecast/forecast.ts';
import { FLEET_PRIORS } from '../forecast/fleet-prior.ts';
import { LEVELS } from '../forecast/levels.ts';
import { MeterModel } from '../forecast/meter-model.ts';
import type { Steps } from '../forecast/steps.ts';
import { METERS, RESOURCE_OF, type Allocation, type Meter } from '../meter.ts';
import type { Frame, LifecycleEvent, Primary } from '../trace/frame.ts';
import type { EpochMs, HostId } from '../units.ts';
import { decodeShadow, encodeShadow, type StoredMeter } from './checkpoint.ts';
import { Dedupe } from './dedupe.ts';
import type { ShadowHeader, ShadowMemory } from './shadow-header.ts';
import { StepWatch } from './step-watch.ts';

export type { ShadowMemory } from './shadow-header.ts';

/** Which batch a frame came in. */
export interface FrameSource {
  readonly host: HostId;
  readonly epoch: string;
  readonly sequence: number;
}

/** A meter that was seen less often has nothing to pass on. */
const LEAST_SAMPLES = 100;

/** What a shadow keeps of one meter. */
interface MeterShadow {
  demand: DemandInterval;
  readonly model: MeterModel;
}

/**
 * The state model that mirrors one primary: it replays the primary's frames, knows what it wants, and forecasts what it
 * will want at most in the hold window after the lead time. Deterministic to the bit; constant in size.
 */
export class Shadow {
  readonly horizon: Horizon;
  /** Slot for others; replaced, never changed in place. */
  memory: ShadowMemory = {};
  /** Slot for the sizer; replaced, never changed in place. */
  sizing = new Uint8Array(0);
  /** Version of the checkpoint that this state was read from; 0 for none. */
  version = 0;
  #primary: Primary;
  #host: HostId;
  #lastAt: EpochMs;
  #lifeAt: EpochMs;
  #state: 'active' | 'suspended' = 'active';
  #allocation: Allocation = {};
  #frames = 0;
  #dedupe = new Dedupe();
  #steps: StepWatch;
  /** In the order of METERS. */
  readonly #meters: (MeterShadow | undefined)[] = METERS.map(() => undefined);

  private constructor(header: Pick<ShadowHeader, 'primary' | 'host' | 'horizon' | 'lastAt'>) {
    this.#primary = header.primary;
    this.#host = header.host;
    this.horizon = header.horizon;
    this.#lastAt = header.lastAt;
    this.#lifeAt = header.lastAt;
    this.#steps = new StepWatch(header.horizon);
  }

  /** A shadow that has seen nothing yet; `at` is when its primary appeared. */
  static create(primary: Primary, host: HostId, horizon: Horizon, at: EpochMs): Shadow {
    return new Shadow({ primary, host, horizon, lastAt: at });
  }

  /** The shadow that `encode` wrote. Throws Fault SHADOW_FORMAT for another version and for damaged bytes. */
  static decode(bytes: Uint8Array): Shadow {
    const { header, meters } = decodeShadow(bytes);
    const shadow = new Shadow(header);
    shadow.memory = header.memory;
    shadow.sizing = header.sizing;
    shadow.version = header.version;
    shadow.#lifeAt = header.lifeAt;
    shadow.#state = header.state;
    shadow.#allocation = header.allocation;
    shadow.#frames = header.frames;
    shadow.#dedupe = Dedupe.from(header.dedupe);
    shadow.#steps = StepWatch.from(header.horizon, header.step);
    for (const { meter, demand, state } of meters) {
      shadow.#meters[METERS.indexOf(meter)] = { demand, model: modelOf(meter, state) };
    }
    return shadow;
  }

  get primary(): Primary {
    return this.#primary;
  }

  /** The host that sent the newest frame. */
  get host(): HostId {
    return this.#host;
  }

  /** End of the newest frame's interval; the time of creation before the first. */
  get lastAt(): EpochMs {
    return this.#lastAt;
  }

  /** Limits in force, from the newest frame that carried any. */
  get allocation(): Allocation {
    return this.#allocation;
  }

  /** Frames counted, late ones included. */
  get frames(): number {
    return this.#frames;
  }

  /** When its life last changed: created, suspended or resumed. An event older than this is history. */
  get lifeAt(): EpochMs {
    return this.#lifeAt;
  }

  /** The horizon counted in samples of the trace's step, as far as it is known. */
  get steps(): Steps {
    return this.#steps.steps;
  }

  get state(): 'active' | 'suspended' {
    return this.#state;
  }

  /**
   * Begins where the `elder`, a shadow of a VM with the same image, is: for a shadow that has seen nothing yet, and an elder that
   * forecasts for the same horizon; else it does nothing.
   */
  inherit(elder: Shadow): void {
    const { lead, hold } = this.horizon;
    if (this.#frames > 0 || elder.horizon.lead !== lead || elder.horizon.hold !== hold) return;
    for (const [place, known] of elder.#meters.entries()) {
      const meter = METERS[place];
      if (meter === undefined || known === undefined || known.model.samples < LEAST_SAMPLES) continue;
      this.#meters[place] = { demand: known.demand, model: modelOf(meter, known.model.heir()) };
    }
  }

  /** A copy of what it has learnt under an image's name: whose it was, and what was its primary's alone, is left out. */
  elderOf(image: string): Shadow {
    const primary: Primary = { vm: image, name: image, image, actuator: 'none' };
    const elder = new Shadow({ primary, host: '', horizon: this.horizon, lastAt: this.#lastAt });
    elder.#frames = this.#frames;
    for (const [place, own] of this.#meters.entries()) {
      const meter = METERS[place];
      if (own === undefined || meter === undefined) continue;
      elder.#meters[place] = { demand: own.demand, model: modelOf(meter, own.model.bytes.slice()) };
    }
    return elder;
  }

  /** Takes a newer description of the same primary. */
  describe(primary: Primary): void {
    this.#primary = primary;
  }

  /** Suspends or resumes; an event older than the last one is ignored. Ending a shadow is for its keeper. */
  lifecycle(event: LifecycleEvent): void {
    if (event.at < this.#lifeAt) return;
    this.#lifeAt = event.at;
    if (event.kind === 'suspended') this.#state = 'suspended';
    if (event.kind === 'resumed' || event.kind === 'appeared') this.#state = 'active';
  }

  /**
   * Replays one frame. `duplicate`: it was counted before, nothing changes. `late`: it is older than the newest, so it
   * raises what it may raise and does not move time. `applied`: it is the newest.
   */
  apply(source: FrameSource, frame: Frame): 'applied' | 'late' | 'duplicate' {
    if (!this.#dedupe.accept(`${source.host}/${source.epoch}`, source.sequence, frame.at)) return 'duplicate';
    const isLate = this.#frames > 0 && frame.at <= this.#lastAt;
    this.#frames += 1;
    const demand = demandOf(frame, frame.allocation ?? this.#allocation);
    if (isLate) {
      for (const [place, meter] of METERS.entries()) this.#late(place, demand[meter]);
      return 'late';
    }
    this.#steps.see(frame, this.#frames > 1 ? frame.at - this.#lastAt : undefined);
    this.#lastAt = frame.at;
    this.#host = source.host;
    if (frame.allocation !== undefined) this.#allocation = frame.allocation;
    for (const [place, meter] of METERS.entries()) this.#observe(place, meter, demand[meter]);
    return 'applied';
  }

  /** What the primary will want; undefined before its first frame. */
  forecast(): Forecast | undefined {
    if (this.#frames === 0) return undefined;
    const meters: Partial<Record<Meter, MeterForecast>> = {};
    const when = { at: this.#lastAt, step: this.#steps.step };
    for (const [place, meter] of METERS.entries()) {
      const own = this.#meters[place];
      // What was only inherited is not known to be there at all.
      if (own === undefined || own.model.samples === 0) continue;
      const values = LEVELS.slice();
      own.model.read(values, when, this.#steps.steps);
      meters[meter] = { values, demand: own.demand, samples: own.model.samples };
    }
    const { lead, hold } = this.horizon;
    return { vm: this.#primary.vm, at: this.#lastAt, lead, hold, levels: LEVELS, meters };
  }

  /** The whole state as bytes: equal states give equal bytes, and `decode` continues bit for bit. */
  encode(): Uint8Array {
    const header: ShadowHeader = {
      primary: this.#primary,
      host: this.#host,
      horizon: this.horizon,
      lastAt: this.#lastAt,
      allocation: this.#allocation,
      frames: this.#frames,
      state: this.#state,
      lifeAt: this.#lifeAt,
      memory: this.memory,
      sizing: this.sizing,
      version: this.version,
      step: this.#steps.state,
      dedupe: this.#dedupe.state,
    };
    const meters: StoredMeter[] = [];
    for (const [place, meter] of METERS.entries()) {
      const own = this.#meters[place];
      if (own !== undefined) meters.push({ meter, demand: own.demand, state: own.model.bytes });
    }
    return encodeShadow(header, meters);
  }

  #observe(place: number, meter: Meter, demand: DemandInterval | undefined): void {
    if (demand === undefined) return;
    const own = (this.#meters[place] ??= { demand, model: modelOf(meter) });
    own.demand = demand;
    const capped = demand.high > demand.low;
    own.model.observe({ value: demand.low, capped, at: this.#lastAt, step: this.#steps.step }, this.#steps.steps);
  }

  #late(place: number, demand: DemandInterval | undefined): void {
    const own = this.#meters[place];
    // A late frame begins no meter, an inherited one neither.
    if (demand !== undefined && own !== undefined && own.model.samples > 0) own.model.late(demand.low);
  }
}

const modelOf = (meter: Meter, state?: Uint8Array<ArrayBuffer>): MeterModel =>
  new MeterModel(FLEET_PRIORS[RESOURCE_OF[meter]], state);
