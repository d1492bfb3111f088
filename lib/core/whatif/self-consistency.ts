import type { Frame } from '../trace/frame.ts';
import { agreementOf, type Agreement } from './agreement.ts';
import { intervalOf, type Interval, type Measured } from './interval.ts';
import { LEAST_INTERVALS } from './own-waiting.ts';
import { replayAt } from './replay-at.ts';
import { WAITING_KINDS } from './waiting-causes.ts';
import type { WhatIfStep } from './what-if.ts';

/** Each kind of waiting that the frames measured, replayed at the size in force against what was measured. */
export type SelfConsistency = Readonly<Partial<Record<keyof Measured, Agreement>>>;

/**
 * Replays a trace at the size in force and compares the waiting of each interval with the measured one. What is said of an
 * interval was fitted to earlier ones only, and the first 20 of each kind are left out, so that nothing is tested on what it
 * was fitted to. Empty where the trace measured no waiting (a CSV has none), or hardly any.
 */
export function selfConsistencyOf(frames: Iterable<Frame>): SelfConsistency {
  const intervals: Interval[] = [];
  const steps: WhatIfStep[] = [];
  replayAt({ label: 'in force', size: {} }, keeping(frames, intervals), { onStep: (step) => steps.push(step) });
  const found: Partial<Record<keyof Measured, Agreement>> = {};
  for (const kind of WAITING_KINDS) {
    const { predicted, measured } = columnsOf(kind, intervals, steps);
    const agreement = agreementOf(predicted.slice(LEAST_INTERVALS), measured.slice(LEAST_INTERVALS));
    if (agreement !== undefined && agreement.intervals >= LEAST_INTERVALS / 2) found[kind] = agreement;
  }
  return found;
}

/** Hands frames on, and keeps what they say. */
function* keeping(frames: Iterable<Frame>, intervals: Interval[]): Generator<Frame> {
  for (const frame of frames) {
    const interval = intervalOf(frame);
    if (interval !== undefined) intervals.push(interval);
    yield frame;
  }
}

/** Both figures of a kind, for the intervals that have both. */
function columnsOf(
  kind: keyof Measured,
  intervals: readonly Interval[],
  steps: readonly WhatIfStep[],
): { readonly predicted: readonly number[]; readonly measured: readonly number[] } {
  const [predicted, measured]: [number[], number[]] = [[], []];
  for (const [i, interval] of intervals.entries()) {
    const [said, real] = [steps[i]?.[kind], interval.measured[kind]];
    if (said === undefined || real === undefined) continue;
    predicted.push(said);
    measured.push(real);
  }
  return { predicted, measured };
}
