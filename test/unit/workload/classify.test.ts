import { join } from 'node:path';
import fc from 'fast-check';
import { readTraceFile } from '../../../lib/adapters/trace/file.ts';
import { probabilitiesOf, type ClassModel } from '../../../lib/core/workload/class-model.ts';
import { classify } from '../../../lib/core/workload/classify.ts';
import { FEATURE_NAMES, featuresOf } from '../../../lib/core/workload/features.ts';
import { LEARNT_CLASSES } from '../../../lib/core/workload/learnt-classes.ts';
import { Signature } from '../../../lib/core/workload/signature.ts';
import { WORKLOADS } from '../../../lib/core/workload/workload.ts';
import { aFrame } from '../../support/builders.ts';
import type { Frame } from '../../../lib/core/trace/frame.ts';

const RECORDINGS = join(import.meta.dirname, '../../../lib/local/recordings');

const signatureOf = (frames: readonly Frame[]): Signature => {
  const signature = Signature.create();
  for (const frame of frames) signature.update(frame);
  return signature;
};

const framesOf = async (recording: string): Promise<readonly Frame[]> => {
  const frames: Frame[] = [];
  for await (const batch of readTraceFile(join(RECORDINGS, `${recording}.trace`))) frames.push(...batch.frames);
  return frames;
};

/** Classes at 0, 10, 20, ... in the one feature that there is. */
const aModel = (parts: Partial<ClassModel> = {}): ClassModel => ({
  classes: Object.fromEntries(
    WORKLOADS.map((workload, k) => [workload, { means: [10 * k], deviations: [1] }]),
  ) as unknown as ClassModel['classes'],
  temperature: 1,
  ...parts,
});

const mostProbable = (probabilities: Float64Array): number => probabilities.indexOf(Math.max(...probabilities));

describe('workload class', () => {
  // recordings of the demo: what the committed model is learnt from are other runs
  it.each([
    ['web-flash-crowd', 'web'],
    ['node-api', 'web'],
    ['database-ramp', 'database'],
    ['cache-bursts', 'cache'],
    ['batch-compress', 'batch'],
    ['build-compile', 'build'],
    ['transfer-steps', 'transfer'],
    ['cron-bursts', 'cron'],
    ['idle-machine', 'idle'],
  ])('of the recording %s is %s', async (recording, workload) => {
    const frames = await framesOf(recording);

    const said = classify(signatureOf(frames));

    expect(said[0]?.workload).toBe(workload);
  });

  it('is not known before the fifth frame', async () => {
    const frames = await framesOf('web-steps');

    expect(classify(signatureOf(frames.slice(0, 4)))[0]).toEqual({ workload: 'unknown', probability: 1 });
    expect(classify(signatureOf(frames.slice(0, 5)))[0]?.probability).toBeLessThan(1);
  });

  it('comes with probabilities of every class and of none, the highest first, that sum to 1', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(64), { minLength: 1, maxLength: 20 }), (loads) => {
        const said = classify(signatureOf(loads.map((cpu) => aFrame({ cpu }))));

        expect(said.map(({ workload }) => workload).sort()).toEqual([...WORKLOADS, 'unknown'].sort());
        expect(said.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
        for (const [i, { probability }] of said.entries())
          expect(probability).toBeLessThanOrEqual(said[i - 1]?.probability ?? 1);
      }),
    );
  });

  it('is the one whose middle is nearest', () => {
    fc.assert(
      fc.property(fc.nat(WORKLOADS.length - 1), fc.double({ min: -1, max: 1, noNaN: true }), (k, off) => {
        expect(mostProbable(probabilitiesOf([10 * k + off], aModel()))).toBe(k);
      }),
    );
  });

  it('is unknown far from all classes', () => {
    expect(mostProbable(probabilitiesOf([500], aModel()))).toBe(WORKLOADS.length);
  });

  it('is none in particular where no feature is known', () => {
    expect([...probabilitiesOf([Number.NaN], aModel())]).toEqual(
      Array(WORKLOADS.length + 1).fill(1 / (WORKLOADS.length + 1)),
    );
  });

  it('is less sure at a higher temperature, and the same', () => {
    const sure = probabilitiesOf([12], aModel());
    const unsure = probabilitiesOf([12], aModel({ temperature: 3 }));

    expect(mostProbable(unsure)).toBe(mostProbable(sure));
    expect(Math.max(...unsure)).toBeLessThan(Math.max(...sure));
  });

  it('leaves out a feature whose fields are missing', () => {
    const features = featuresOf(signatureOf([aFrame()]));

    expect(features[FEATURE_NAMES.indexOf('calls')]).toBeNaN();
    expect(features[FEATURE_NAMES.indexOf('load')]).not.toBeNaN();
  });

  it('does not depend on the size of the machine', async () => {
    const frames = await framesOf('web-steps');
    const tenfold = frames.map((frame) => timesTen(frame));

    const [small, large] = [classify(signatureOf(frames)), classify(signatureOf(tenfold))];

    expect(large[0]?.workload).toBe(small[0]?.workload);
    expect(large[0]?.probability).toBeGreaterThan(0.5);
  });

  it('has a shape of every feature for every class', () => {
    for (const workload of WORKLOADS) {
      const { means, deviations } = LEARNT_CLASSES.classes[workload];
      expect(means).toHaveLength(FEATURE_NAMES.length);
      expect(deviations).toHaveLength(FEATURE_NAMES.length);
      expect(Math.min(...deviations)).toBeGreaterThan(0);
    }
  });
});

/** The same work on a machine ten times as large. */
function timesTen(frame: Frame): Frame {
  const scale = <T extends object>(record: T): T =>
    Object.fromEntries(
      Object.entries(record).map(([key, value]) => [key, typeof value === 'number' ? 10 * value : (value as unknown)]),
    ) as T;
  return {
    ...frame,
    values: scale(frame.values),
    disks: frame.disks?.map(scale) ?? [],
    nics: frame.nics?.map(scale) ?? [],
  };
}
