import { stat } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { readTraceSeries, traceFilesOf, type TraceSeries } from '../adapters/trace/csv.ts';
import { isFault } from '../core/fault.ts';

/** Told about each part of the traces that is done. */
export interface TraceProgress {
  /** Bytes of trace files that are done and that there are. */
  readonly done: (bytes: number, of: number) => void;
  /** A file of the folder was left out, because it is no trace. */
  readonly skipped: (file: string, because: string) => void;
}

/**
 * The VMs of a trace CSV, or of all in a folder, one after the other; only one file is in memory. A file of a folder that
 * has no trace columns (labels, notes) is skipped and said; a single file, or a folder without any trace, is a Fault.
 */
export async function* seriesOf(fileOrDir: string, progress: TraceProgress): AsyncGenerator<TraceSeries> {
  const files = await traceFilesOf(fileOrDir);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  let read = 0;
  for (const [index, file] of files.entries()) {
    const size = sizes[index] ?? 0;
    const vms = await readOrSkip(file, {
      progress,
      isLastHope: files.length === 1 || (index === files.length - 1 && read === 0),
    });
    read += vms.length;
    for (const [at, series] of vms.entries()) {
      yield series;
      progress.done(done + (size * (at + 1)) / vms.length, total);
    }
    done += size;
  }
}

/** Where progress is shown: standard error. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Progress as a bar when the stream is a terminal, as silence when it is not; `stop` ends it. */
export function traceProgress(stream: ProgressStream): TraceProgress & { readonly stop: () => void } {
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
    skipped: (file, because) => stream.write(`skipped ${file}: ${because}\n`),
    stop: () => bar?.stop(),
  };
}

async function readOrSkip(
  file: string,
  { progress, isLastHope }: { readonly progress: TraceProgress; readonly isLastHope: boolean },
): Promise<TraceSeries[]> {
  try {
    return Array.from((await readTraceSeries(file)).values());
  } catch (thrown) {
    if (isLastHope || !isFault(thrown) || thrown.code !== 'CSV_HEADER') throw thrown;
    progress.skipped(file, thrown.message);
    return [];
  }
}
