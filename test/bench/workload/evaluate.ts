import { classify, type WorkloadProbability } from '../../../lib/core/workload/classify.ts';
import { WORKLOADS } from '../../../lib/core/workload/workload.ts';
import { fitClasses, learntFrom, signatureOf, type Learnt } from './fit-classes.ts';
import type { ClassModel } from '../../../lib/core/workload/class-model.ts';
import type { Frame } from '../../../lib/core/trace/frame.ts';
import type { Run } from './read-runs.ts';

/** One classification of which the truth is known. */
export interface Trial {
  readonly run: Run;
  /** Probabilities, the highest first. */
  readonly said: readonly WorkloadProbability[];
}

/** What a source of frames would have left of a frame. */
export type Sight = (frame: Frame) => Frame;

/** Frames as they come from libvirt: nothing from inside the guest but what its balloon driver tells. */
export const hypervisorSight: Sight = (frame) => {
  const { cpuCount, cpuRunUs, minorFaults, majorFaults } = frame.values;
  const { vm, at, interval, disks = [], nics = [] } = frame;
  const values = Object.fromEntries(
    Object.entries({ cpuCount, cpuRunUs, minorFaults, majorFaults }).filter(([, value]) => value !== undefined),
  );
  return { vm, at, interval, values, disks, nics };
};

/** Frames as they come from a trace CSV: CPU, and bytes of disk and network. */
export const csvSight: Sight = (frame) => {
  const { vm, at, interval, disks = [], nics = [], values } = hypervisorSight(frame);
  const { cpuCount = 1, cpuRunUs = 0 } = values;
  return {
    vm,
    at,
    interval,
    values: { cpuCount, cpuRunUs },
    disks: disks.map((disk) => ({ ...disk, reads: 0, writes: 0, flushes: 0 })),
    nics: nics.map((nic) => ({ ...nic, rxPackets: 0, txPackets: 0 })),
  };
};

/**
 * Classifies parts of each run with a model learnt from the runs that do not share `group` with it. `frames` long parts, one
 * after the other; without it the whole run. Learning sees all fields, classifying what `sight` leaves of them.
 */
export function heldOut(
  runs: readonly Run[],
  group: (run: Run) => string,
  { frames, sight = (frame) => frame, temperature }: { frames?: number; sight?: Sight; temperature?: number } = {},
): readonly Trial[] {
  const learnt = new Map(runs.map((run) => [run, learnedOnce(run)]));
  const models = new Map<string, ClassModel>();
  const modelWithout = (key: string): ClassModel => {
    const known = models.get(key);
    if (known !== undefined) return known;
    const model = fitClasses(
      runs.filter((run) => group(run) !== key).map((run) => learnt.get(run) ?? learntFrom(run)),
      temperature,
    );
    models.set(key, model);
    return model;
  };
  return runs.flatMap((run) =>
    partsOf(run.frames, frames).map((part) => ({
      run,
      said: classify(signatureOf(part.map(sight)), modelWithout(group(run))),
    })),
  );
}

const learned = new Map<Run, Learnt>();

function learnedOnce(run: Run): Learnt {
  const known = learned.get(run) ?? learntFrom(run);
  learned.set(run, known);
  return known;
}

function partsOf(frames: readonly Frame[], length = frames.length): readonly (readonly Frame[])[] {
  const parts: (readonly Frame[])[] = [];
  for (let from = 0; from + length <= frames.length; from += length) parts.push(frames.slice(from, from + length));
  return parts;
}

/** Share of trials in which the most probable class is the right one. */
export const accuracyOf = (trials: readonly Trial[]): number =>
  trials.filter(({ run, said }) => said[0]?.workload === run.workload).length / trials.length;

/** Mean of -ln(probability given to the right class). */
export const surpriseOf = (trials: readonly Trial[]): number =>
  trials.reduce((sum, { run, said }) => sum - Math.log(probabilityOf(said, run.workload)), 0) / trials.length;

const probabilityOf = (said: readonly WorkloadProbability[], name: string): number =>
  Math.max(1e-6, said.find(({ workload }) => workload === name)?.probability ?? 0);

/** Lines of a matrix: how often a run of each class (rows) was said to be of each (columns). */
export function matrixOf(trials: readonly Trial[]): readonly string[] {
  const columns = [...WORKLOADS, 'unknown'];
  const head = ['is \\ said', ...columns].map((word, i) => (i === 0 ? word.padEnd(10) : word.padStart(9))).join('');
  const rows = WORKLOADS.map((row) => {
    const own = trials.filter(({ run }) => run.workload === row);
    const counts = columns.map((column) => own.filter(({ said }) => said[0]?.workload === column).length);
    return row.padEnd(10) + counts.map((count) => (count === 0 ? '.' : String(count)).padStart(9)).join('');
  });
  return [head, ...rows];
}
