import { stat } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../adapters/trace/csv.ts';

/** Told about each part of the traces that is done: bytes of the trace files, of how many. */
type OnProgress = (bytes: number, of: number) => void;

/** The VMs of a trace CSV, or of all in a folder, one after the other; only one file is in memory. */
export async function* seriesOf(fileOrDir: string, onProgress: OnProgress): AsyncGenerator<TraceSeries> {
  const files = await traceFilesOf(fileOrDir);
  const sizes = await Promise.all(files.map(sizeOf));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [index, file] of files.entries()) {
    const size = sizes[index] ?? 0;
    const vms = await readTraceSeries(file);
    let part = 0;
    for (const series of vms.values()) {
      yield series;
      part += 1;
      onProgress(done + (size * part) / vms.size, total);
    }
    done += size;
  }
}

/** Where progress is shown: standard error. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Progress as a bar when the stream is a terminal, as silence when it is not; `stop` ends it. */
export function traceProgress(stream: ProgressStream): { readonly done: OnProgress; readonly stop: () => void } {
  const bar = stream.isTTY
    ? new SingleBar({ stream, format: '{bar} {percentage} % | {eta_formatted} left', hideCursor: true })
    : undefined;
  let isStarted = false;
  return {
    done: (bytes, of) => {
      if (!isStarted) bar?.start(of, 0);
      isStarted = true;
      bar?.update(Math.round(bytes));
    },
    stop: () => bar?.stop(),
  };
}

/** 0 for a file that cannot be looked at: reading it will say so. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
