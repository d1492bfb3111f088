import { Command } from 'commander';
import { openCsvWriter, type CsvWriter } from '../adapters/trace/csv-writer.ts';
import { Fault } from '../core/fault.ts';
import type { PriceList } from '../core/score/comparison.ts';
import { parseCandidate, type Candidate } from '../core/whatif/candidate.ts';
import { replayAt } from '../core/whatif/replay-at.ts';
import { selfConsistencyOf } from '../core/whatif/self-consistency.ts';
import type { WhatIfStep } from '../core/whatif/what-if.ts';
import { traceProgress, type ProgressStream } from './backtest-traces.ts';
import { blockIoOf, cacheWhatIf, type BlockIo } from './whatif-block-io.ts';
import { vmFramesOf, type VmFrames } from './whatif-frames.ts';
import { readPrices } from './price-list.ts';
import { cacheWords, vmWords, type VmAnswer } from './whatif-words.ts';

interface WhatIfArguments {
  readonly trace?: string;
  readonly size: readonly Candidate[];
  readonly vm?: string;
  readonly blockIo?: string;
  readonly exact?: boolean;
  readonly prices?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Every table begins with the trace as it was. */
const IN_FORCE: Candidate = { label: 'as it was', size: {} };
const STEP_COLUMNS = [
  'cpu_wait',
  'cpu_stall',
  'memory_short',
  'extra_read',
  'disk_wait',
  'disk_queue',
  'net_rx_wait',
  'net_tx_wait',
] as const;

/** `shadowcast whatif`: what other sizes would have cost in waiting and money on a recorded trace. */
export function whatifCommand(errors: ProgressStream = process.stderr): Command {
  return new Command('whatif')
    .description(
      'Replays a recorded trace at other sizes: waiting, backlog, extra I/O and money, and a check on itself.',
    )
    .option('--trace <file|dir>', 'file of the agent (.trace), trace CSV (.csv, .csv.gz), or a folder of CSVs')
    .option('--size <key=value,...>', 'a size, for instance cpu=2,memory=4GiB; repeat it for a table', addSize, [])
    .option('--vm <name>', 'only this VM of the trace')
    .option('--block-io <file>', 'block I/O trace (time,op,size,lbn) of what goes through the page cache')
    .option('--exact', 'follow every block of the block I/O trace instead of a sample of 8192')
    .option('--prices <file>', 'JSON price list in place of the one that comes with shadowcast')
    .option('--out <file>', 'every interval as CSV: .gz is compressed, - is standard output')
    .option('--json', 'print the answer as one line of JSON')
    .action(async (options: WhatIfArguments) => {
      const text = options.trace === undefined ? await caches(options) : await traces(options, options.trace, errors);
      // With the intervals on standard output the table must not be among them.
      (options.out === '-' ? errors : process.stdout).write(text);
    });
}

const addSize = (text: string, before: readonly Candidate[]): readonly Candidate[] => [...before, parseCandidate(text)];

/** Cache sizes on a block I/O trace alone. */
async function caches({ blockIo, size, exact = false, json = false, out }: WhatIfArguments): Promise<string> {
  if (blockIo === undefined) throw new Fault('USAGE', 'nothing to replay: name a --trace, or a --block-io trace');
  if (out !== undefined) throw new Fault('USAGE', '--out needs a --trace: a block I/O trace alone has no intervals');
  const caches = size.map(({ label, size: { memory } }) => {
    if (memory === undefined) throw new Fault('USAGE', `size "${label}" names no memory: the cache of --block-io`);
    return memory;
  });
  if (caches.length === 0) throw new Fault('USAGE', 'no cache size: add --size memory=1GiB, as often as you like');
  const io = await blockIoOf(blockIo, exact);
  const answers = caches.map((cache) => cacheWhatIf(io, cache));
  const { requests, seconds, referenced, isExact } = io;
  if (json) return `${JSON.stringify({ requests, seconds, referenced, isExact, caches: answers })}\n`;
  return cacheWords(io, answers);
}

async function traces(options: WhatIfArguments, trace: string, errors: ProgressStream): Promise<string> {
  const prices = await readPrices(options.prices);
  const io = options.blockIo === undefined ? undefined : await blockIoOf(options.blockIo, options.exact === true);
  const writer =
    options.out === undefined ? undefined : await openCsvWriter(options.out, ['time', 'vm', 'size', ...STEP_COLUMNS]);
  const progress = traceProgress(errors);
  const answers: VmAnswer[] = [];
  try {
    for await (const vm of vmFramesOf(trace, options.vm, progress.done)) {
      answers.push(await answerFor(vm, [IN_FORCE, ...options.size], { prices, io, writer }));
    }
  } finally {
    progress.stop();
    await writer?.close();
  }
  if (options.json === true) return `${JSON.stringify({ prices, vms: answers })}\n`;
  return answers.map((answer) => vmWords(answer, prices)).join('\n');
}

async function answerFor(
  { vm, frames }: VmFrames,
  candidates: readonly Candidate[],
  { prices, io, writer }: { prices: PriceList; io: BlockIo | undefined; writer: CsvWriter | undefined },
): Promise<VmAnswer> {
  const sizes: VmAnswer['sizes'][number][] = [];
  for (const candidate of candidates) {
    const steps: WhatIfStep[] = [];
    const onStep = writer === undefined ? undefined : (step: WhatIfStep): void => void steps.push(step);
    sizes.push(replayAt(candidate, frames, { prices, curve: io?.curve, ...(onStep !== undefined && { onStep }) }));
    for (const step of steps) await writer?.write([step.at / 1000, vm, candidate.label, ...cellsOf(step)]);
  }
  return { vm, sizes, selfConsistency: selfConsistencyOf(frames) };
}

/** In the order of `STEP_COLUMNS`. */
const cellsOf = (step: WhatIfStep): (number | undefined)[] =>
  [
    step.cpuDelay,
    step.cpuStall,
    step.memoryShort,
    step.extraRead,
    step.diskDelay,
    step.diskQueue,
    step.netRxDelay,
    step.netTxDelay,
  ].map((value) => (value === undefined ? undefined : Number(value.toPrecision(6))));
