import { WORKLOADS, type Workload } from './workload.ts';

/** Where the features of one class lie, and how far from there, in the order of `FEATURE_NAMES`. */
export interface ClassShape {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** What was learnt from recorded runs. */
export interface ClassModel {
  readonly classes: Readonly<Record<Workload, ClassShape>>;
  /** What the likelihoods' logarithms are divided by: features are not independent, and so many of them are too sure. */
  readonly temperature: number;
}

/** Degrees of freedom of the bells: a feature far out speaks against a class, but does not veto it. */
const FREEDOM = 4;
/**
 * Mean over the features of how much less likely they are than at the middle of a class (-ln) at which a workload is as
 * probably of no class as of that one. Between what unseen runs of learnt classes and of others show; docs/workload.md says
 * how often that is right.
 */
const FOREIGN = 0.75;

/**
 * The probability of each class in the order of WORKLOADS, and of none of them at the end: naive Bayes with Student's t for
 * each feature and equal shares beforehand. Unknown features (NaN) are left out, which is exact for features taken as
 * independent; with none known every class is as probable as another.
 */
export function probabilitiesOf(features: ArrayLike<number>, model: ClassModel): Float64Array {
  const logs = new Float64Array(WORKLOADS.length + 1);
  let most = -Infinity;
  for (const [k, workload] of WORKLOADS.entries()) {
    const { middle, surprise, known } = compare(features, model.classes[workload]);
    logs[k] = middle - surprise;
    if (middle - surprise <= most) continue;
    most = middle - surprise;
    logs[WORKLOADS.length] = middle - FOREIGN * known;
  }
  return normalized(logs, model.temperature);
}

/** Log likelihood at the middle of a class, how far below it these features are, and of how many that is the sum. */
function compare(
  features: ArrayLike<number>,
  { means, deviations }: ClassShape,
): { readonly middle: number; readonly surprise: number; readonly known: number } {
  let middle = 0;
  let surprise = 0;
  let known = 0;
  for (let i = 0; i < features.length; i += 1) {
    const feature = features[i] ?? Number.NaN;
    if (Number.isNaN(feature)) continue;
    const deviation = deviations[i] ?? 1;
    const z = (feature - (means[i] ?? 0)) / deviation;
    middle -= Math.log(deviation);
    surprise += ((FREEDOM + 1) / 2) * Math.log1p((z * z) / FREEDOM);
    known += 1;
  }
  return { middle, surprise, known };
}

function normalized(logs: Float64Array, temperature: number): Float64Array {
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp((log - most) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
