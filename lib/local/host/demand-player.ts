import { demandOf } from '../../core/demand/demand.ts';
import { METERS, type Meter, type PerMeter } from '../../core/meter.ts';
import type { Frame } from '../../core/trace/frame.ts';
import type { EpochMs } from '../../core/units.ts';

/** What a VM wants, second by recorded second; played in a loop. */
export interface DemandPlayer {
  readonly name: string;
  /** Length of one round in recorded seconds, above 0. */
  readonly seconds: number;
  /** The demand at a second of the round, 0 <= second < seconds; an unknown meter is absent. */
  readonly demandAt: (second: number) => PerMeter;
}

/** One recorded moment: the demand since the moment before. */
export interface DemandSample {
  readonly at: EpochMs;
  readonly demand: PerMeter;
}

/**
 * A player of recorded moments. Each holds from its own time until the next one's; the last one holds as long as the one
 * before it. Moments must be in the order of their times. Throws a RangeError for fewer than two.
 */
export function recordedDemand(name: string, samples: readonly DemandSample[]): DemandPlayer {
  const first = samples[0]?.at ?? 0;
  const last = samples.at(-1)?.at ?? 0;
  if (last <= first)
    throw new RangeError(`recording ${name}: got ${samples.length} samples, want at least two moments`);
  const starts = samples.map(({ at }) => (at - first) / 1000);
  const seconds = ((last - first) / 1000) * (samples.length / (samples.length - 1));
  return { name, seconds, demandAt: (second) => samples[placeOf(starts, second)]?.demand ?? {} };
}

/** The moments of recorded frames: the high bound of what the primary wanted, so that a cap it had then is not kept. */
export const demandSample = (frame: Frame): DemandSample => {
  const demand: Partial<Record<Meter, number>> = {};
  const wanted = demandOf(frame);
  for (const meter of METERS) {
    const interval = wanted[meter];
    if (interval !== undefined) demand[meter] = interval.high;
  }
  return { at: frame.at, demand };
};

/** Place of the last start at or before the second (binary search). */
function placeOf(starts: readonly number[], second: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= second) low = middle;
    else high = middle - 1;
  }
  return low;
}
