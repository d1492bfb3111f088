import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTraceFile } from '../adapters/trace/file.ts';
import { Fault } from '../core/fault.ts';
import { demandSample, recordedDemand, type DemandPlayer, type DemandSample } from './host/demand-player.ts';

/** Traces that our own agent recorded of real programs; `recordings/README.md` says of which. */
export const RECORDINGS_DIR = join(import.meta.dirname, 'recordings');

/** Every recording of a folder as a player, by name. Throws Fault USAGE when there are none. */
export async function readRecordings(dir: string): Promise<readonly DemandPlayer[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.trace')).sort();
  if (names.length === 0) {
    throw new Fault(
      'USAGE',
      `no recordings in ${dir}: got no *.trace file, wanted at least one (record.sh there makes them)`,
    );
  }
  return Promise.all(
    names.map(async (name) => recordedDemand(basename(name, '.trace'), await samplesOf(join(dir, name)))),
  );
}

async function samplesOf(path: string): Promise<readonly DemandSample[]> {
  const samples: DemandSample[] = [];
  for await (const batch of readTraceFile(path)) samples.push(...batch.frames.map(demandSample));
  return samples;
}
