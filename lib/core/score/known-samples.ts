import type { Horizon } from '../forecast/forecast.ts';
import type { UseSeries } from '../shadow/replay-series.ts';
import type { Meter } from '../meter.ts';
import { SizeSchedule } from '../sizing/size-schedule.ts';
import type { DurationMs, EpochMs } from '../units.ts';

/**
 * For each row of a trace, the row whose decision is in force: -1 while there is none. It depends on times alone, so every rule is
 * held to the same lead and hold.
 */
export function decisionsInForce(times: Float64Array, horizon: Horizon): Int32Array {
  const schedule = new SizeSchedule<number>(horizon);
  return Int32Array.from(times, (at, row) => {
    const inForce = schedule.inForceAt(at) ?? -1;
    schedule.ask(at, row);
    return inForce;
  });
}

/** The samples of one meter that are known, as columns. */
export interface KnownSamples {
  readonly times: Float64Array;
  readonly demand: Float64Array;
  /** For each sample its own row. */
  readonly own: Int32Array;
  /** For each sample the row whose decision is in force, -1 for none. */
  readonly row: Int32Array;
  /** The same as an index of these samples: the newest known one that the decision could see, -1 for none. */
  readonly seen: Int32Array;
  /** The samples from this index on are scored. */
  readonly from: number;
  /** Time that a sample stands for. */
  readonly step: DurationMs;
}

/** Picks a meter's known samples out of a series; undefined when it has none. */
export function knownSamples(
  series: UseSeries,
  meter: Meter,
  { inForce, scoredFrom }: { readonly inForce: Int32Array; readonly scoredFrom: EpochMs },
): KnownSamples | undefined {
  const values = series.meters[meter];
  if (values === undefined) return undefined;
  const rows = Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]));
  if (rows.length === 0) return undefined;
  const newestUpTo = newestKnown(values);
  const times = Float64Array.from(rows, (row) => series.times[row] ?? 0);
  const row = Int32Array.from(rows, (own) => inForce[own] ?? -1);
  const from = times.findIndex((at) => at >= scoredFrom);
  return {
    times,
    demand: Float64Array.from(rows, (own) => values[own] ?? 0),
    own: Int32Array.from(rows),
    row,
    seen: row.map((decision) => (decision < 0 ? -1 : (newestUpTo[decision] ?? -1))),
    from: from < 0 ? times.length : from,
    step: medianStep(series.times),
  };
}

/** For each row the index, among the known samples, of the newest one up to it. */
function newestKnown(values: Float64Array): Int32Array {
  let known = -1;
  return Int32Array.from(values, (value) => {
    if (!Number.isNaN(value)) known += 1;
    return known;
  });
}

/** The median time between two rows, 1 s for a single one. */
export function medianStep(times: Float64Array): DurationMs {
  const steps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  return steps.sort()[steps.length >> 1] ?? 1000;
}
