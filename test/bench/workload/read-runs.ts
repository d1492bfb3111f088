import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readTraceFile } from '../../../lib/adapters/trace/file.ts';
import { WORKLOADS, type Workload } from '../../../lib/core/workload/workload.ts';
import type { Frame } from '../../../lib/core/trace/frame.ts';

/** A recorded run of a program whose class is known. */
export interface Run {
  readonly name: string;
  readonly workload: Workload;
  /** Runs of one program share it: all of nginx, all of PostgreSQL. */
  readonly program: string;
  readonly frames: readonly Frame[];
}

/** Runs that the model is learnt from: the class begins the name. */
export const RUNS_DIR = join(import.meta.dirname, '../../../lib/local/recordings/workloads');
/** Older runs, of the demo, with fewer fields. */
export const DEMO_RUNS_DIR = join(RUNS_DIR, '..');

/** Demo runs that are named otherwise. A leaking process and a load of random requests are of no class. */
const OTHER_NAMES: Readonly<Record<string, Workload>> = {
  'disk-copy': 'transfer',
  'jvm-batch': 'batch',
  'node-api': 'web',
};
/** Variants of one program carry its name as the second word; the rest are programs of their own. */
const VARIED = ['nginx', 'postgres', 'mariadb', 'redis', 'memcached', 'c'];

/** The runs of a folder by name; those of no class are left out. */
export async function readRuns(dir: string): Promise<readonly Run[]> {
  const names = (await readdir(dir)).filter((file) => file.endsWith('.trace')).sort();
  const runs = await Promise.all(
    names.map(async (file) => {
      const name = file.replace('.trace', '');
      const workload = workloadOf(name);
      return workload === undefined
        ? []
        : [{ name, workload, program: programOf(name), frames: await framesOf(join(dir, file)) }];
    }),
  );
  return runs.flat();
}

function workloadOf(name: string): Workload | undefined {
  return OTHER_NAMES[name] ?? WORKLOADS.find((workload) => name.startsWith(`${workload}-`));
}

function programOf(name: string): string {
  const [workload = '', second = ''] = name.split('-');
  return VARIED.includes(second) ? `${workload}-${second}` : name;
}

async function framesOf(path: string): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for await (const batch of readTraceFile(path)) frames.push(...batch.frames);
  return frames;
}
