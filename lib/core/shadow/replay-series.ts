import type { Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter, type PerMeter } from '../meter.ts';
import { frameOfSample, type UseSample } from '../trace/sample.ts';
import type { DurationMs, EpochMs, VmId } from '../units.ts';
import type { Elders } from './elders.ts';
import { Shadow } from './shadow.ts';

/** A VM's recorded use, column by column: rising times in ms, NaN for unknown. */
export interface UseSeries {
  readonly vm: VmId;
  /** Its machine image, where that is known. */
  readonly image?: string;
  readonly times: Float64Array;
  readonly meters: Readonly<Partial<Record<Meter, Float64Array>>>;
  readonly cpuCapacity?: Float64Array | undefined;
  readonly memoryCapacity?: Float64Array | undefined;
}

/** One replayed sample, before and after the shadow saw it. */
export interface ReplayVisitor {
  /** The sample is known to have been taken at `at`, the shadow has not seen it yet. */
  readonly before: (use: PerMeter, at: EpochMs) => void;
  /** The shadow has seen everything up to and with this sample. */
  readonly after: (shadow: Shadow, at: EpochMs) => void;
  /** The last sample was replayed. */
  readonly end?: () => void;
}

/**
 * A VM's recorded use on its way through a shadow, sample by sample: the backtest's loop over the very functions that run live.
 * Nothing that a visitor sees depends on later samples. The first interval is not known from a series; it is taken as the
 * hold time.
 */
export class SeriesReplay {
  readonly #series: UseSeries;
  readonly #visitor: ReplayVisitor;
  readonly #horizon: Horizon;
  readonly #elders: Elders | undefined;
  #shadow: Shadow | undefined;
  #interval: DurationMs;
  #next = 0;

  /** `elders` is shared by the VMs that are replayed together. */
  constructor(series: UseSeries, horizon: Horizon, visitor: ReplayVisitor, elders?: Elders) {
    this.#series = series;
    this.#visitor = visitor;
    this.#horizon = horizon;
    this.#elders = series.image === undefined ? undefined : elders;
    this.#interval = horizon.hold;
  }

  /** When the next sample was taken; Infinity after the last. */
  get at(): EpochMs {
    return this.#series.times[this.#next] ?? Infinity;
  }

  /** Samples that are still to be replayed. */
  get left(): number {
    return this.#series.times.length - this.#next;
  }

  /** Replays the next sample. */
  step(): void {
    const i = this.#next;
    const sample = sampleAt(this.#series, i);
    if (i > 0) this.#interval = sample.time - (this.#series.times[i - 1] ?? 0);
    this.#visitor.before(sample.use, sample.time);
    const shadow = (this.#shadow ??= this.#born(sample.time));
    shadow.apply({ ...SOURCE, sequence: i + 1 }, frameOfSample(sample, this.#interval));
    this.#next += 1;
    const { image = '' } = this.#series;
    this.#elders?.see(image, shadow);
    this.#visitor.after(shadow, sample.time);
    if (this.left > 0) return;
    this.#elders?.end(image, shadow);
    this.#visitor.end?.();
  }

  #born(at: EpochMs): Shadow {
    const { vm, image } = this.#series;
    const shadow = Shadow.create({ vm, name: vm, actuator: 'none' }, SOURCE.host, this.#horizon, at);
    const elder = image === undefined ? undefined : this.#elders?.of(image);
    if (elder !== undefined) shadow.inherit(elder);
    return shadow;
  }
}

/** Replays one VM's recorded use. */
export function replaySeries(series: UseSeries, horizon: Horizon, visitor: ReplayVisitor): void {
  replayTogether([new SeriesReplay(series, horizon, visitor)]);
}

/** How often progress is told, in samples. */
const TOLD_EVERY = 10_000;

/** Replays several VMs in the order of time; at the same time, in the order given. `onProgress` is told a share from 0 to 1. */
export function replayTogether(replays: readonly SeriesReplay[], onProgress?: (share: number) => void): void {
  const due = Float64Array.from(replays, ({ at }) => at);
  const total = replays.reduce((sum, { left }) => sum + left, 0);
  for (let done = 0; done < total; done += 1) {
    const first = earliest(due);
    const replay = replays[first];
    replay?.step();
    due[first] = replay?.at ?? Infinity;
    if (done % TOLD_EVERY === 0) onProgress?.(done / total);
  }
  onProgress?.(1);
}

function earliest(due: Float64Array): number {
  let first = 0;
  for (let i = 1; i < due.length; i += 1) if ((due[i] ?? Infinity) < (due[first] ?? Infinity)) first = i;
  return first;
}

/** A recording comes from one place and is never sent twice. */
const SOURCE = { host: 'recording', epoch: '1' };

function sampleAt({ vm, times, meters, cpuCapacity, memoryCapacity }: UseSeries, i: number): UseSample {
  const use = known(METERS.map((meter) => [meter, meters[meter]?.[i]]));
  const capacity = known([
    ['cpu', positive(cpuCapacity?.[i])],
    ['memory', positive(memoryCapacity?.[i])],
  ]);
  return { time: times[i] ?? 0, vm, use, capacity };
}

function known(cells: readonly (readonly [Meter, number | undefined])[]): PerMeter {
  const values: Partial<Record<Meter, number>> = {};
  for (const [meter, value] of cells) if (value !== undefined && !Number.isNaN(value)) values[meter] = value;
  return values;
}

/** A capacity of 0 is a machine that was off, not a limit. */
const positive = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
