import { readTraceFile } from '../adapters/trace/file.ts';
import { Fault } from '../core/fault.ts';
import type { Frame } from '../core/trace/frame.ts';
import type { VmId } from '../core/units.ts';
import { framesOfSeries } from '../core/whatif/series-frames.ts';
import { seriesOf } from './backtest-traces.ts';

/** Everything that a trace says about one VM, in order. */
export interface VmFrames {
  readonly vm: VmId;
  readonly frames: readonly Frame[];
}

/**
 * The VMs of a trace: a file of our agent (`.trace`), a trace CSV, or a folder of CSVs; only `vm` where it is named. Throws Fault
 * USAGE when nothing is there, or no VM of that name, and as the readers.
 */
export async function* vmFramesOf(
  path: string,
  vm: VmId | undefined,
  onProgress: (bytes: number, of: number) => void,
): AsyncGenerator<VmFrames> {
  const seen: VmId[] = [];
  const all = path.endsWith('.trace') ? recordedVms(path) : importedVms(path, onProgress);
  let found = 0;
  for await (const one of all) {
    seen.push(one.vm);
    if (vm !== undefined && one.vm !== vm) continue;
    found += 1;
    yield one;
  }
  if (found > 0) return;
  const names = seen.slice(0, 5).join(', ') + (seen.length > 5 ? ', ...' : '');
  throw new Fault(
    'USAGE',
    vm === undefined || seen.length === 0 ? `${path} has no frames` : `${path} has no vm "${vm}", it has ${names}`,
  );
}

async function* recordedVms(path: string): AsyncGenerator<VmFrames> {
  const byVm = new Map<VmId, Frame[]>();
  for await (const { frames } of readTraceFile(path)) {
    for (const frame of frames) {
      const own = byVm.get(frame.vm);
      if (own === undefined) byVm.set(frame.vm, [frame]);
      else own.push(frame);
    }
  }
  // Batches may come late; an agent that was killed may have sent one twice.
  for (const [vm, frames] of byVm) {
    const inOrder = frames.sort((a, b) => a.at - b.at);
    yield { vm, frames: inOrder.filter(({ at }, i) => at !== inOrder[i - 1]?.at) };
  }
}

async function* importedVms(path: string, onProgress: (bytes: number, of: number) => void): AsyncGenerator<VmFrames> {
  for await (const series of seriesOf(path, onProgress)) {
    yield { vm: series.vm, frames: Array.from(framesOfSeries(series)) };
  }
}
