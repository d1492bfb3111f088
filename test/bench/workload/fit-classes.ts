import { FEATURE_NAMES, featuresOf } from '../../../lib/core/workload/features.ts';
import { Signature } from '../../../lib/core/workload/signature.ts';
import { WORKLOADS, type Workload } from '../../../lib/core/workload/workload.ts';
import type { ClassModel, ClassShape } from '../../../lib/core/workload/class-model.ts';
import type { Frame } from '../../../lib/core/trace/frame.ts';
import type { Run } from './read-runs.ts';

/** Frames of the parts of a run that it is learnt from, each beginning this many frames after the one before. */
const PART_FRAMES = [10, 30];
const PART_STRIDE = 10;
/** Weight of the deviation of all classes in that of one, in runs. */
const SHARED_RUNS = 4;
/** Added to variances: no feature is known better than this (squared, base 2). */
const LEAST_VARIANCE = 0.1;
/** Chosen by the log likelihood of the right class, leave one run out: `workload.bench.ts` prints it for others. */
export const TEMPERATURE = 3;

/** A run as learning takes it: the features of its parts. */
export interface Learnt {
  readonly workload: Workload;
  readonly parts: readonly Float64Array[];
}

/** The signature of these frames. */
export function signatureOf(frames: readonly Frame[]): Signature {
  const signature = Signature.create();
  for (const frame of frames) signature.update(frame);
  return signature;
}

/** The features of a run as a whole and of its parts of 10 and 30 frames. */
export function learntFrom({ workload, frames }: Run): Learnt {
  const parts = [frames];
  for (const length of PART_FRAMES) {
    for (let from = 0; from + length <= frames.length; from += PART_STRIDE)
      parts.push(frames.slice(from, from + length));
  }
  return { workload, parts: parts.map((part) => featuresOf(signatureOf(part))) };
}

/**
 * The model of these runs, in which each run counts the same. The deviation of a class is drawn to that of all classes: a
 * handful of runs says little about it.
 */
export function fitClasses(runs: readonly Learnt[], temperature = TEMPERATURE): ClassModel {
  const own = WORKLOADS.map((workload) => runs.filter((run) => run.workload === workload)).map((part) => ({
    runs: part.length,
    // of no run: infinitely far from everything
    means: columns((f) =>
      part.length === 0 ? Infinity : mean(part.map((run) => mean(run.parts.map((x) => x[f] ?? 0)))),
    ),
    part,
  }));
  const squares = own.map(({ part, means }) =>
    columns((f) => sum(part.map((run) => mean(run.parts.map((x) => ((x[f] ?? 0) - (means[f] ?? 0)) ** 2))))),
  );
  const freedom = sum(own.map((one) => Math.max(0, one.runs - 1)));
  const shared = columns((f) => sum(squares.map((square) => square[f] ?? 0)) / freedom);
  const shapes = own.map(({ runs: count, means }, k): ClassShape => {
    const deviations = columns((f) =>
      deviationOf(((squares[k]?.[f] ?? 0) + SHARED_RUNS * (shared[f] ?? 0)) / (Math.max(1, count) - 1 + SHARED_RUNS)),
    );
    return { means, deviations };
  });
  return {
    classes: Object.fromEntries(WORKLOADS.map((workload, k) => [workload, shapes[k]])) as ClassModel['classes'],
    temperature,
  };
}

const deviationOf = (variance: number): number => Math.sqrt(variance + LEAST_VARIANCE);

const columns = (value: (feature: number) => number): readonly number[] => FEATURE_NAMES.map((_name, f) => value(f));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const mean = (values: readonly number[]): number => sum(values) / values.length;
