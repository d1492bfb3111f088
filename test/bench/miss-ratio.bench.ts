/**
 * How well sampled miss-ratio curves follow the exact one, and what they cost:
 * `node --expose-gc test/bench/miss-ratio.bench.ts TRACE[,TRACE...]`, block I/O traces (version,time,op,size,lbn). Prints for
 * each way to sample the mean absolute error over 1000 cache sizes, blocks followed, memory, million references
 * per second of processor time, and the ratio of that to the exact curve's. Without a trace it makes one (Zipf and a scan).
 */
import { readBlockIo } from '../../lib/adapters/trace/block-io.ts';
import { PAGE_BYTES, visitBlocks } from '../../lib/core/whatif/block-request.ts';
import { ExactMissRatio } from '../../lib/core/whatif/exact-miss-ratio.ts';
import { meanAbsoluteError, type MissRatioCurve } from '../../lib/core/whatif/miss-ratio-curve.ts';
import { SampledMissRatio, type Sampling } from '../../lib/core/whatif/sampled-miss-ratio.ts';

const WAYS: readonly (readonly [name: string, sampling: Sampling])[] = [
  ['rate 1', { rate: 1 }],
  ['rate 0.1', { rate: 0.1 }],
  ['rate 0.01', { rate: 0.01 }],
  ['rate 0.001', { rate: 0.001 }],
  ['8192 blocks', { rate: 1, mostBlocks: 8192 }],
  ['1024 blocks', { rate: 1, mostBlocks: 1024 }],
];

async function blocksOf(path: string): Promise<Float64Array> {
  const blocks: number[] = [];
  for await (const requests of readBlockIo(path)) {
    for (const request of requests) visitBlocks(request, PAGE_BYTES, (block) => blocks.push(block));
  }
  return Float64Array.from(blocks);
}

/** A million references: three in four to a Zipf-like set of 200,000 blocks, the rest a scan of 60,000 again and again. */
function madeBlocks(): Float64Array {
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: 1_000_000 }, (_, i) =>
    i % 4 === 3 ? 1_000_000 + ((i >> 2) % 60_000) : Math.floor(200_000 ** next()),
  );
}

interface Run {
  readonly curve: MissRatioCurve;
  readonly size: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** Best of three for the time; memory of the state that is left, by the heap before and after. */
function run(blocks: Float64Array, make: () => { reference: (block: number) => void; size?: number } & Curved): Run {
  let seconds = Infinity;
  let kept = make();
  let bytes = 0;
  for (let i = 0; i < 3; i += 1) {
    kept = make();
    globalThis.gc?.();
    const heap = used();
    const before = process.cpuUsage();
    for (const block of blocks) kept.reference(block);
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (user + system) / 1e6);
    globalThis.gc?.();
    bytes = used() - heap;
  }
  return { curve: kept.curve(PAGE_BYTES), size: kept.size ?? 0, bytes, seconds };
}

interface Curved {
  curve: (blockBytes: number) => MissRatioCurve;
}

const used = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

for (const path of process.argv[2]?.split(',') ?? ['made']) {
  const blocks = path === 'made' ? madeBlocks() : await blocksOf(path);
  const exact = run(blocks, () => new ExactMissRatio());
  const rate = (r: Run): number => blocks.length / r.seconds / 1e6;
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(2).padStart(8);
  process.stdout.write(`${path}: ${blocks.length} references, ${new Set(blocks).size} blocks of ${PAGE_BYTES} bytes\n`);
  process.stdout.write('                error    blocks      MiB   Mref/s  times exact\n');
  process.stdout.write(
    `exact           0.0000  ${' '.repeat(8)}${mb(exact.bytes)} ${rate(exact).toFixed(2).padStart(8)}\n`,
  );
  for (const [name, sampling] of WAYS) {
    const made = run(blocks, () => new SampledMissRatio(sampling));
    const error = meanAbsoluteError(exact.curve, made.curve).toFixed(4);
    const speed = `${rate(made).toFixed(2).padStart(8)} ${(rate(made) / rate(exact)).toFixed(1).padStart(8)}`;
    process.stdout.write(`${name.padEnd(14)}  ${error}  ${String(made.size).padStart(8)}${mb(made.bytes)} ${speed}\n`);
  }
}
