import { METERS, type Allocation, type Meter, type PerMeter } from '../meter.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import { HOUR_MS, type DurationMs, type EpochMs, type Probability, type VmId } from '../units.ts';
import { costPerHour } from '../whatif/money.ts';
import type { PriceList } from './comparison.ts';
import { medianStep } from './known-samples.ts';
import { ShortHours, type JudgedSample, type ShortHour } from './short-hours.ts';

/** What would have changed on the user's own VMs, as plain data. */
export interface HistoryReport {
  readonly terms: HistoryTerms;
  readonly vms: readonly VmHistory[];
}

/** What the sizes were decided under. */
export interface HistoryTerms {
  readonly command: string;
  readonly risk: Probability;
  readonly leadSeconds: number;
  readonly holdSeconds: number;
  /** The beginning of each trace that does not count. */
  readonly warmUpSeconds: number;
  readonly prices: PriceList;
}

/** One VM over the time in which there was a size of ours. */
export interface VmHistory {
  readonly vm: VmId;
  readonly from: EpochMs;
  readonly until: EpochMs;
  readonly meters: readonly MeterHistory[];
}

/** One meter of one VM; sizes in the meter's unit. All three sizings are judged on the same samples. */
export interface MeterHistory {
  readonly meter: Meter;
  /** Time that the judged samples stand for. */
  readonly hours: number;
  readonly demand: { readonly mean: number; readonly peak: number };
  /** The capacity of the trace; absent where it does not say. */
  readonly before?: Sizing;
  readonly ours: Sizing;
  /** The highest demand of the whole time, known only afterwards: the least static size that is never passed. */
  readonly peak: Sizing;
  /** Hours at the limit that ours would have spared, would not have, and would have added; absent without a capacity. */
  readonly limit?: { readonly avoided: number; readonly remaining: number; readonly added: number };
  /** Changes of our size per day, and those by a tenth or more. */
  readonly resizesPerDay: number;
  readonly largeResizesPerDay: number;
  /** The hours in which ours was shortest, the worst first. */
  readonly shortHours: readonly ShortHour[];
}

/** What one way of sizing came to. */
export interface Sizing {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** At the end. */
  readonly last: number;
  /** Hours with demand above the size; for the capacity of the trace hours at the limit, since use cannot pass it. */
  readonly shortHours: number;
  /** Size above demand, as a share of demand: sum(A - D)+ / sum D. */
  readonly slack: number;
  /** USD per month of 730 hours; absent for a meter without a price. */
  readonly costPerMonth?: number;
}

/** From this share of its capacity on, a VM is at its limit: the same as in `demandOf`. */
const LIMIT_SHARE: Readonly<Record<Meter, number>> = {
  cpu: 0.9,
  memory: 0.95,
  disk_read: 0.95,
  disk_write: 0.95,
  net_rx: 0.95,
  net_tx: 0.95,
};
const MONTH_HOURS = 730;
/** A change by less is hardly one. */
const LARGE_CHANGE = 0.1;

/**
 * What our sizes would have changed on one VM. `sizes[i]` was in force for row i, undefined while there was none; rows before
 * `warmUp` is over do not count. Meters without a judged sample are left out.
 */
export function vmHistory(
  series: UseSeries,
  sizes: readonly (PerMeter | undefined)[],
  { prices, warmUp }: { readonly prices: PriceList; readonly warmUp: DurationMs },
): VmHistory {
  const { times, vm } = series;
  const step = medianStep(times);
  const from = (times[0] ?? 0) + warmUp;
  const meters = METERS.flatMap((meter): MeterHistory[] => {
    const tally = new MeterTally(meter, step);
    const [values, capacity] = [series.meters[meter], capacityOf(series, meter)];
    for (const [row, at] of times.entries()) {
      const [demand, ours] = [values?.[row] ?? Number.NaN, sizes[row]?.[meter]];
      if (at >= from && ours !== undefined && !Number.isNaN(demand)) {
        tally.see({ at, demand, ours, capacity: capacity?.[row] ?? Number.NaN });
      }
    }
    const found = tally.finish(prices);
    return found === undefined ? [] : [found];
  });
  return { vm, from, until: times.at(-1) ?? from, meters };
}

const capacityOf = (series: UseSeries, meter: Meter): Float64Array | undefined => {
  if (meter === 'cpu') return series.cpuCapacity;
  return meter === 'memory' ? series.memoryCapacity : undefined;
};

/** Sums over the judged samples of one meter. */
class MeterTally {
  readonly #meter: Meter;
  readonly #hoursPerSample: number;
  readonly #shortHours: ShortHours;
  readonly #demands: number[] = [];
  readonly #ours = new SizingTally();
  readonly #before = new SizingTally();
  #demand = 0;
  #demandBefore = 0;
  #avoided = 0;
  #remaining = 0;
  #added = 0;
  #changes = 0;
  #largeChanges = 0;

  constructor(meter: Meter, step: DurationMs) {
    this.#meter = meter;
    this.#hoursPerSample = step / HOUR_MS;
    this.#shortHours = new ShortHours(step);
  }

  see(sample: JudgedSample): void {
    const { demand, ours, capacity } = sample;
    this.#countChange(ours);
    this.#demands.push(demand);
    this.#demand += demand;
    this.#ours.see(ours, demand, demand > ours);
    this.#shortHours.see(sample);
    if (!(capacity > 0)) return;
    const share = LIMIT_SHARE[this.#meter];
    const isAtLimit = demand >= share * capacity;
    this.#demandBefore += demand;
    this.#before.see(capacity, demand, isAtLimit);
    if (isAtLimit && demand < share * ours) this.#avoided += 1;
    else if (isAtLimit) this.#remaining += 1;
    else if (demand > ours) this.#added += 1;
  }

  finish(prices: PriceList): MeterHistory | undefined {
    const samples = this.#demands.length;
    if (samples === 0) return undefined;
    const [meter, each] = [this.#meter, this.#hoursPerSample];
    const top = this.#demands.reduce((highest, demand) => Math.max(highest, demand), 0);
    const peak = new SizingTally();
    for (const demand of this.#demands) peak.see(top, demand, false);
    const worthOf = (tally: SizingTally, demand: number): Sizing =>
      tally.sizing({ demand, hoursPerSample: each, cost: (mean) => costOf({ [meter]: mean }, meter, prices) });
    const hours = samples * each;
    return {
      meter,
      hours,
      demand: { mean: this.#demand / samples, peak: top },
      ...(this.#before.samples > 0 && {
        before: worthOf(this.#before, this.#demandBefore),
        limit: { avoided: this.#avoided * each, remaining: this.#remaining * each, added: this.#added * each },
      }),
      ours: worthOf(this.#ours, this.#demand),
      peak: worthOf(peak, this.#demand),
      resizesPerDay: (24 * this.#changes) / hours,
      largeResizesPerDay: (24 * this.#largeChanges) / hours,
      shortHours: this.#shortHours.worst(),
    };
  }

  #countChange(ours: number): void {
    const { last } = this.#ours;
    if (this.#ours.samples === 0 || last === ours) return;
    this.#changes += 1;
    if (Math.abs(ours - last) >= LARGE_CHANGE * last) this.#largeChanges += 1;
  }
}

function costOf(size: Allocation, meter: Meter, prices: PriceList): number | undefined {
  return prices.perUnitHour[meter] === undefined ? undefined : MONTH_HOURS * costPerHour(size, prices);
}

/** Sums over the sizes of one sizing. */
class SizingTally {
  samples = 0;
  last = 0;
  #sum = 0;
  #low = Infinity;
  #high = 0;
  #short = 0;
  #slack = 0;

  see(size: number, demand: number, isShort: boolean): void {
    this.samples += 1;
    this.last = size;
    this.#sum += size;
    this.#low = Math.min(this.#low, size);
    this.#high = Math.max(this.#high, size);
    this.#slack += Math.max(0, size - demand);
    if (isShort) this.#short += 1;
  }

  sizing({
    demand,
    hoursPerSample,
    cost,
  }: {
    demand: number;
    hoursPerSample: number;
    cost: (mean: number) => number | undefined;
  }): Sizing {
    const mean = this.#sum / this.samples;
    const costPerMonth = cost(mean);
    return {
      mean,
      low: this.#low,
      high: this.#high,
      last: this.last,
      shortHours: this.#short * hoursPerSample,
      slack: demand > 0 ? this.#slack / demand : 0,
      ...(costPerMonth !== undefined && { costPerMonth }),
    };
  }
}
