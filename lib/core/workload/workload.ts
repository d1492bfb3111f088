/**
 * What kind of work a primary does, as far as its trace tells: answering requests with computed pages (`web`), a transactional
 * or analytical `database`, a `cache` of small values in memory, long computations (`batch`), compilers (`build`), moving
 * bytes (`transfer`), short jobs by the clock (`cron`), next to nothing (`idle`).
 */
export type Workload = 'web' | 'database' | 'cache' | 'batch' | 'build' | 'transfer' | 'cron' | 'idle';

/** Every class, in the order of the learnt tables. */
export const WORKLOADS: readonly Workload[] = [
  'web',
  'database',
  'cache',
  'batch',
  'build',
  'transfer',
  'cron',
  'idle',
];
