import { Worker } from 'node:worker_threads';
import { Fault, type FaultCode } from '../core/fault.ts';
import { compareWork, type CompareJob, type CompareResult } from './compare-work.ts';

/** Does jobs on threads, as many at once as there are threads. */
export interface ComparePool {
  /** Throws what the job threw. */
  readonly run: (job: CompareJob) => Promise<CompareResult>;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly result?: CompareResult;
  readonly refused?: { readonly code: FaultCode | undefined; readonly message: string };
}

/** A pool of `threads` worker threads; with 0 the jobs run here, one after the other. */
export function comparePool(threads: number): ComparePool {
  if (threads === 0) return { run: compareWork, close: () => Promise.resolve() };
  const idle = Array.from({ length: threads }, () => new Worker(new URL('./compare-worker.ts', import.meta.url)));
  const all = [...idle];
  const waiting: ((worker: Worker) => void)[] = [];
  const take = (): Promise<Worker> => {
    const worker = idle.pop();
    return worker === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(worker);
  };
  const giveBack = (worker: Worker): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(worker);
    else next(worker);
  };
  return {
    run: async (job) => {
      const worker = await take();
      try {
        return await askWorker(worker, job);
      } finally {
        giveBack(worker);
      }
    },
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

function askWorker(worker: Worker, job: CompareJob): Promise<CompareResult> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
    };
    const onMessage = ({ result, refused }: Answer): void => {
      settle();
      if (result !== undefined) resolve(result);
      else if (refused?.code !== undefined) reject(new Fault(refused.code, refused.message));
      else reject(new Error(refused?.message ?? 'a worker gave no answer'));
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(job);
  });
}
