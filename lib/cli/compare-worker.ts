import { parentPort } from 'node:worker_threads';
import { isFault, messageOf } from '../core/fault.ts';
import { compareWork, type CompareJob } from './compare-work.ts';

/** The thread's side: one job in, one answer out. */
parentPort?.on('message', (job: CompareJob) => {
  compareWork(job).then(
    (result) => parentPort?.postMessage({ result }),
    (thrown: unknown) =>
      parentPort?.postMessage({
        refused: { code: isFault(thrown) ? thrown.code : undefined, message: messageOf(thrown) },
      }),
  );
});
