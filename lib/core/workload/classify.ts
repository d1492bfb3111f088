import type { Probability } from '../units.ts';
import { probabilitiesOf, type ClassModel } from './class-model.ts';
import { featuresOf } from './features.ts';
import { LEARNT_CLASSES } from './learnt-classes.ts';
import type { Signature } from './signature.ts';
import { WORKLOADS, type Workload } from './workload.ts';

/** How probable it is that a primary does this kind of work; `unknown` is work unlike any that was learnt. */
export interface WorkloadProbability {
  readonly workload: Workload | 'unknown';
  readonly probability: Probability;
}

/** Frames before which nothing is said: a pause between two requests looks like idleness. */
const LEAST_FRAMES = 5;

/**
 * What kind of work a signature is of: every class and `unknown`, the most probable first; probabilities sum to 1. Before the
 * fifth frame it is `unknown` for certain. docs/workload.md says how often the first is right.
 */
export function classify(signature: Signature, model: ClassModel = LEARNT_CLASSES): readonly WorkloadProbability[] {
  const names = [...WORKLOADS, 'unknown' as const];
  if (signature.frames < LEAST_FRAMES) {
    return names.toReversed().map((workload) => ({ workload, probability: Number(workload === 'unknown') }));
  }
  const probabilities = probabilitiesOf(featuresOf(signature), model);
  return names
    .map((workload, i) => ({ workload, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
}
