import type { Horizon } from '../forecast/forecast.ts';
import { METERS, type Meter, type PerMeter } from '../meter.ts';
import { Elders } from '../shadow/elders.ts';
import { replayTogether, SeriesReplay, type ReplayVisitor, type UseSeries } from '../shadow/replay-series.ts';
import type { Shadow } from '../shadow/shadow.ts';
import { RiskPool } from '../sizing/risk-pool.ts';
import { RiskTracker } from '../sizing/risk-tracker.ts';
import type { Probability } from '../units.ts';
import { decisionsInForce } from './known-samples.ts';

/** By meter: the value decided after row i in column k is `[k * rows + i]`; NaN for none. */
type Columns = ReadonlyMap<Meter, Float64Array>;

/** What the shadow of one VM would have decided after each row of its trace, all risks in one replay. */
export interface OurSizes {
  /** For each row, the row whose decision is in force; -1 for none. */
  readonly inForce: Int32Array;
  /** A column for each risk: sizes when all VMs of the pool share it. */
  readonly shared: Columns;
  /** A column for each risk: sizes when every VM has it for itself. */
  readonly own: Columns;
  readonly levels: readonly Probability[];
  /** A column for each level: the forecast. */
  readonly quantiles: Columns;
}

/**
 * Replays the traces of a pool of VMs once, in the order of time.
 */
export function ourSizes(
  pool: readonly UseSeries[],
  horizon: Horizon,
  { risks, meters = METERS }: { readonly risks: readonly Probability[]; readonly meters?: readonly Meter[] },
): OurSizes[] {
  const shared = risks.map((risk) => new RiskPool(risk));
  const vms = pool.map((series) => new VmSizes(series, { horizon, risks, shared, meters }));
  const elders = new Elders();
  replayTogether(pool.map((series, v) => new SeriesReplay(series, horizon, vms[v] ?? NOBODY, elders)));
  return vms;
}

const NOBODY: ReplayVisitor = { before: () => undefined, after: () => undefined };

interface Sizing {
  readonly trackers: readonly RiskTracker[];
  readonly sizes: Map<Meter, Float64Array>;
}

/** Follows one VM of a pool. */
class VmSizes implements ReplayVisitor, OurSizes {
  readonly inForce: Int32Array;
  levels: readonly Probability[] = [];
  readonly quantiles = new Map<Meter, Float64Array>();
  readonly #meters: readonly Meter[];
  readonly #shared: Sizing;
  readonly #own: Sizing;
  #row = 0;
  #told: PerMeter = {};

  constructor(
    { times }: UseSeries,
    {
      horizon,
      risks,
      shared,
      meters,
    }: { horizon: Horizon; risks: readonly Probability[]; shared: readonly RiskPool[]; meters: readonly Meter[] },
  ) {
    this.inForce = decisionsInForce(times, horizon);
    this.#meters = meters;
    this.#shared = sizingOf(shared);
    this.#own = sizingOf(risks.map((risk) => new RiskPool(risk)));
  }

  get shared(): Columns {
    return this.#shared.sizes;
  }

  get own(): Columns {
    return this.#own.sizes;
  }

  before(use: PerMeter): void {
    this.#told = use;
  }

  after(shadow: Shadow): void {
    const forecast = shadow.forecast();
    const moment = { told: this.#told, steps: shadow.steps, inForce: shadow.allocation };
    const place = { rows: this.inForce.length, row: this.#row, meters: this.#meters };
    for (const { trackers, sizes } of [this.#shared, this.#own]) {
      const targets = forecast === undefined ? [] : trackers.map((tracker) => tracker.size(forecast, moment).target);
      keepColumns(sizes, place, { count: targets.length, at: (meter, k) => targets[k]?.[meter] });
    }
    if (forecast !== undefined) {
      const { levels, meters } = forecast;
      this.levels = levels;
      keepColumns(this.quantiles, place, { count: levels.length, at: (meter, l) => meters[meter]?.values[l] });
    }
    this.#row += 1;
  }

  end(): void {
    for (const { trackers } of [this.#shared, this.#own]) for (const tracker of trackers) tracker.leave();
  }
}

const sizingOf = (pools: readonly RiskPool[]): Sizing => ({
  trackers: pools.map((pool) => new RiskTracker(pool)),
  sizes: new Map(),
});

/** Keeps `count` values of each meter that has any. */
function keepColumns(
  kept: Map<Meter, Float64Array>,
  { rows, row, meters }: { readonly rows: number; readonly row: number; readonly meters: readonly Meter[] },
  { count, at }: { readonly count: number; readonly at: (meter: Meter, k: number) => number | undefined },
): void {
  for (const meter of meters) {
    if (count === 0 || at(meter, 0) === undefined) continue;
    let own = kept.get(meter);
    if (own === undefined) kept.set(meter, (own = new Float64Array(rows * count).fill(Number.NaN)));
    for (let k = 0; k < count; k += 1) own[k * rows + row] = at(meter, k) ?? Number.NaN;
  }
}
