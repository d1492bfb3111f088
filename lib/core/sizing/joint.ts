import { letOut, type Demand } from '../demand/demand.ts';
import type { DemandInterval, MeterForecast } from '../forecast/forecast.ts';
import { FLEET_PRIORS } from '../forecast/fleet-prior.ts';
import { LEVELS } from '../forecast/levels.ts';
import { MeterModel } from '../forecast/meter-model.ts';
import type { Steps } from '../forecast/steps.ts';
import { METERS, RESOURCE_OF, type Meter } from '../meter.ts';
import type { DurationMs, EpochMs, Probability, VmId } from '../units.ts';
import { quantileAt } from './size.ts';

/** The sum counts as capped when what may be missing in it is more than this share of it. */
const CAPPED_SHARE = 0.02;

/** Time of a sample of a host, and the horizon of its forecasts in samples. */
export interface HostMoment {
  readonly at: EpochMs;
  readonly step: DurationMs;
  readonly steps: Steps;
}

/**
 * The summed demand of the VMs of one host, with a model of it for each meter. VMs do not peak together: the sum is
 * steadier than its parts, and its .99 quantile is far below the sum of theirs. A sum has no parts to add up wrongly, so
 * correlation between VMs (a batch that starts everywhere at midnight) is in the forecast as it is.
 */
export class HostDemand {
  readonly #meters = new Map<Meter, { model: MeterModel; demand: DemandInterval }>();

  /** Takes one moment of all VMs of the host; a meter that none of them tells about is left alone. */
  observe(demands: Iterable<Demand>, { at, step, steps }: HostMoment): void {
    const sums = new Map<Meter, { low: number; high: number }>();
    for (const demand of demands) {
      for (const meter of METERS) {
        const one = demand[meter];
        if (one === undefined) continue;
        const sum = sums.get(meter) ?? { low: 0, high: 0 };
        sums.set(meter, { low: sum.low + one.low, high: sum.high + one.high });
      }
    }
    for (const [meter, demand] of sums) {
      const model = this.#meters.get(meter)?.model ?? new MeterModel(FLEET_PRIORS[RESOURCE_OF[meter]]);
      const capped = demand.high > demand.low * (1 + CAPPED_SHARE);
      model.observe({ value: demand.low, capped, at, step }, steps);
      this.#meters.set(meter, { model, demand });
    }
  }

  /** The forecast of the sum of one meter; undefined while nothing is known of it. */
  forecast(meter: Meter, { at, step, steps }: HostMoment): MeterForecast | undefined {
    const own = this.#meters.get(meter);
    if (own === undefined) return undefined;
    const values: number[] = [];
    own.model.read(values, { at, step }, steps);
    return { values, demand: own.demand, samples: own.model.samples };
  }
}

/** How a host's VMs are sized together. */
export interface JointGoal {
  /** Share of windows in which the host may be short; 0.01 when left out. */
  readonly risk?: Probability;
  /** Quantile level of a VM's own forecast that is its alone; 0.5 when left out. */
  readonly guarantee?: Probability;
}

/** What one meter of a host needs, and who gets what of it. All in the meter's unit. */
export interface JointSize {
  /** For all VMs together. */
  readonly capacity: number;
  /** The part of it that is one VM's alone, whatever the others do. Together at most `capacity`. */
  readonly guarantees: ReadonlyMap<VmId, number>;
  /** The rest: whoever needs more than its guarantee takes from here. */
  readonly headroom: number;
}

/**
 * Sizes VMs that share a host, by the forecast of their sum: the host gets the sum's quantile at 1 - risk, each VM a
 * guarantee from a lower quantile of its own forecast, and what is between is shared. Guarantees are cut in proportion
 * where they would pass the capacity. What is capped now is let out (`letOut`): a VM in its guarantee, the sum in the
 * capacity.
 */
export function jointSize(own: ReadonlyMap<VmId, MeterForecast>, sum: MeterForecast, goal: JointGoal = {}): JointSize {
  const { risk = 0.01, guarantee = 0.5 } = goal;
  const capacity = Math.max(quantileAt(sum, LEVELS, 1 - risk), letOut(sum.demand));
  const wanted = new Map<VmId, number>();
  let total = 0;
  for (const [vm, forecast] of own) {
    const least = isCapped(forecast.demand) ? letOut(forecast.demand) : 0;
    const alone = Math.max(quantileAt(forecast, LEVELS, guarantee), least);
    wanted.set(vm, alone);
    total += alone;
  }
  const scale = total > capacity ? capacity / total : 1;
  const guarantees = new Map(Array.from(wanted, ([vm, alone]) => [vm, alone * scale]));
  return { capacity, guarantees, headroom: Math.max(0, capacity - total * scale) };
}

const isCapped = ({ low, high }: DemandInterval): boolean => high > low;
