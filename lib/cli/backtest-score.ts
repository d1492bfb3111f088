import { METERS, type Meter, type PerMeter } from '../core/meter.ts';

/** What one meter's sizes were worth, as shares; each VM counts the same, whatever its size. */
interface MeterScore {
  /** Share of samples in which demand was above the size in force. */
  readonly violationRate: number;
  /** Demand above the size, as a share of demand. */
  readonly unserved: number;
  /** Size above the demand, as a share of demand. */
  readonly slack: number;
  readonly vms: number;
}

export type Score = Readonly<Partial<Record<Meter, MeterScore>>>;

interface Sums {
  samples: number;
  violations: number;
  demand: number;
  unserved: number;
  slack: number;
}

/** VMs with fewer scored samples, or without any demand, say nothing. */
const LEAST_SAMPLES = 10;
/** Numbers that differ by rounding alone are equal. */
const SAME = 1 + 1e-9;

/** Adds up the sizes in force of one VM against its demand. */
export class VmScore {
  readonly #sums = new Map<Meter, Sums>();

  see(demand: PerMeter, inForce: PerMeter): void {
    for (const meter of METERS) {
      const [wanted, size] = [demand[meter], inForce[meter]];
      if (wanted === undefined || size === undefined) continue;
      const sums = this.#of(meter);
      sums.samples += 1;
      sums.demand += wanted;
      if (wanted > size * SAME) sums.violations += 1;
      if (wanted > size) sums.unserved += wanted - size;
      else sums.slack += size - wanted;
    }
  }

  /** The sums of a meter that has enough to be scored. */
  of(meter: Meter): Readonly<Sums> | undefined {
    const sums = this.#sums.get(meter);
    return sums !== undefined && sums.samples >= LEAST_SAMPLES && sums.demand > 0 ? sums : undefined;
  }

  #of(meter: Meter): Sums {
    let sums = this.#sums.get(meter);
    if (sums === undefined) {
      sums = { samples: 0, violations: 0, demand: 0, unserved: 0, slack: 0 };
      this.#sums.set(meter, sums);
    }
    return sums;
  }
}

/** The mean over VMs, per meter that any of them has. */
export function scoreOf(vms: readonly VmScore[]): Score {
  const score: Partial<Record<Meter, MeterScore>> = {};
  for (const meter of METERS) {
    const known = vms.map((vm) => vm.of(meter)).filter((sums) => sums !== undefined);
    if (known.length === 0) continue;
    const mean = (of: (sums: Readonly<Sums>) => number): number =>
      known.reduce((sum, sums) => sum + of(sums), 0) / known.length;
    score[meter] = {
      violationRate: mean(({ violations, samples }) => violations / samples),
      unserved: mean(({ unserved, demand }) => unserved / demand),
      slack: mean(({ slack, demand }) => slack / demand),
      vms: known.length,
    };
  }
  return score;
}
