/**
 * Learns the workload classes from the recorded runs: `node test/bench/learn-workload.ts` writes
 * lib/core/workload/learnt-classes.ts. The same runs give the same file.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { FEATURE_NAMES } from '../../lib/core/workload/features.ts';
import { fitClasses, learntFrom } from './workload/fit-classes.ts';
import { readRuns, RUNS_DIR } from './workload/read-runs.ts';
import type { ClassShape } from '../../lib/core/workload/class-model.ts';

const FILE = join(import.meta.dirname, '../../lib/core/workload/learnt-classes.ts');

/** Two decimals, without a minus before zero. */
const rounded = (values: readonly number[]): string =>
  values.map((value) => (Math.round(value * 100) / 100 + 0).toFixed(2)).join(', ');
const shape = ({ means, deviations }: ClassShape): string =>
  `{ means: [${rounded(means)}], deviations: [${rounded(deviations)}] }`;

const runs = await readRuns(RUNS_DIR);
const learnt = runs.map(learntFrom);
if (learnt.some(({ parts }) => parts.some((features) => features.includes(Number.NaN)))) {
  throw new Error('a run lacks a field: record it again with lib/local/recordings/workloads/record.sh');
}
const model = fitClasses(learnt);
const text = `import type { ClassModel } from './class-model.ts';

/**
 * Learnt by \`node test/bench/learn-workload.ts\` from the ${runs.length} runs in lib/local/recordings/workloads; not written by hand. The
 * features, in order: ${FEATURE_NAMES.join(', ')}.
 */
export const LEARNT_CLASSES: ClassModel = {
  classes: { ${Object.entries(model.classes)
    .map(([workload, own]) => `${workload}: ${shape(own)}`)
    .join(', ')} },
  temperature: ${model.temperature},
};
`;
await writeFile(FILE, await format(text, { ...(await resolveConfig(FILE)), parser: 'typescript' }));
