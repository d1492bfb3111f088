/** What a prior is learnt from: the inputs that a meter's own model would have asked it with, and what came of it. */
import { INPUTS, Prior } from '../../lib/core/forecast/prior.ts';
import { MeterModel } from '../../lib/core/forecast/meter-model.ts';
import { shareOf } from '../../lib/core/forecast/traits.ts';
import type { Steps } from '../../lib/core/forecast/steps.ts';
import { ROW } from './prior-network.ts';

/** One meter's use, without unknown samples, and the step in ms. */
export interface Use {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly step: number;
}

/** The beginning of a trace is what a new VM is like: half of its rows are taken. */
const BEGINNING = 60;
const NO_PRIOR = new Prior({ hidden: 0, lower: [], linear: [], upper: [] });

/** About `most` rows of one meter, for windows of `steps`. */
export function rowsOf(
  { times, values, step }: Use,
  steps: Steps,
  { most, next }: { most: number; next: () => number },
): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const ends = values.length - steps.lead - steps.hold;
  if (!(mean > 0) || ends < BEGINNING) return new Float32Array(0);
  const share = most / ends;
  const model = new MeterModel(NO_PRIOR);
  const rows: number[] = [];
  const inputs = new Float64Array(INPUTS);
  for (let i = 0; i < ends; i += 1) {
    model.observe({ value: values[i]!, capped: false, at: times[i]!, step }, steps);
    if (next() > (i < BEGINNING ? Math.max(0.5, share) : share)) continue;
    const peak = model.ask(inputs, { at: times[i]!, step }, steps);
    let reached = 0;
    for (let k = 0; k < steps.hold; k += 1) reached = Math.max(reached, values[i + steps.lead + k]!);
    if (peak > 0) rows.push(...inputs, shareOf(reached, peak), peak / mean);
  }
  if (rows.length % ROW !== 0) throw new Error('a row is not whole');
  return Float32Array.from(rows);
}
