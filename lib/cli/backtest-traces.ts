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

/** VMs that share a risk have at most so many samples in all: they are in memory together. */
const POOL_SAMPLES = 1_000_000;

/** Puts VMs together, in their order, to pools that fit into memory; each shares its risk. */
export async function* poolsOf(
  vms: AsyncIterable<TraceSeries> | Iterable<TraceSeries>,
  most = POOL_SAMPLES,
): AsyncGenerator<TraceSeries[]> {
  let pool: TraceSeries[] = [];
  let samples = 0;
  for await (const series of vms) {
    if (pool.length > 0 && samples + series.times.length > most) {
      yield pool;
      [pool, samples] = [[], 0];
    }
    pool.push(series);
    samples += series.times.length;
  }
  if (pool.length > 0) yield pool;
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

/** Progress of traces that are read and replayed pool by pool: half of the way each. */
export class PoolProgress {
  readonly #done: OnProgress;
  #of = 0;
  #read = 0;
  /** What of the bytes that were read was replayed before this pool. */
  #before = 0;

  constructor(done: OnProgress) {
    this.#done = done;
  }

  read(bytes: number, of: number): void {
    [this.#read, this.#of] = [bytes, of];
    this.#done(this.#read + this.#before, 2 * of);
  }

  /** A share of the pool that was read last was replayed. */
  replayed(share: number): void {
    const replayed = this.#before + share * (this.#read - this.#before);
    this.#done(this.#read + replayed, 2 * this.#of);
    if (share === 1) this.#before = this.#read;
  }
}
