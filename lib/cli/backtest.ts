import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { openCsvWriter, type TraceSeries } from '../adapters/trace/csv.ts';
import type { CsvWriter } from '../adapters/trace/csv-writer.ts';
import { parseDuration } from '../core/duration.ts';
import type { Horizon } from '../core/forecast/forecast.ts';
import { METERS } from '../core/meter.ts';
import type { UseSeries } from '../core/shadow/replay-series.ts';
import type { DurationMs, Probability, VmId } from '../core/units.ts';
import { replayPool, type PoolTerms, type Rows } from './backtest-pool.ts';
import { checkMode, parseImage, parseShares, timesGiven } from './backtest-options.ts';
import { scoreOf, type Score, type VmScore } from './backtest-score.ts';
import { PoolProgress, poolsOf, seriesOf, traceProgress, type ProgressStream } from './backtest-traces.ts';
import { compare, type CompareOptions } from './compare.ts';
import { historyCollector, type HistoryCollector } from './history-report.ts';
import { readPrices } from './price-list.ts';

interface BacktestOptions {
  readonly trace: string;
  readonly lead: string;
  readonly hold: string;
  readonly risk: string;
  readonly riskOf: 'set' | 'vm';
  readonly image?: string;
  readonly warmUp: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly report?: string;
  readonly prices?: string;
  readonly compare?: boolean;
}

/** What a backtest did, as `--json` prints it; times in seconds, rates and shares from 0 up. */
interface BacktestSummary {
  readonly vms: number;
  readonly samples: number;
  readonly leadSeconds: number;
  readonly holdSeconds: number;
  readonly risks: readonly { readonly risk: Probability; readonly meters: Score }[];
  readonly seconds: number;
}

/** `shadowcast backtest`: what the sizes would have been on a recorded trace, and what they would have been worth. */
export function backtestCommand(errors: ProgressStream = process.stderr): Command {
  return new Command('backtest')
    .description(
      'Replays a recorded trace through a shadow and writes the capacity that would have been in force at each sample.',
    )
    .requiredOption('--trace <file|dir>', 'trace CSV (.csv, .csv.gz), or a folder of them')
    .option('--lead <duration>', 'time from a decision to its effect', '5s')
    .option('--hold <duration>', 'least time between two changes', '5s')
    .option('--risk <share,...>', 'share of samples in which demand may be above the capacity', '0.01')
    .addOption(
      new Option(
        '--risk-of <set|vm>',
        'whose samples the risk is a share of: of all VMs together, spent where it is cheap, or of each VM by itself',
      )
        .choices(['set', 'vm'])
        .default('set'),
    )
    .option(
      '--image <pattern>',
      'regular expression: VMs in whose names it matches the same text have one machine image, and later ones start with what earlier ones have shown',
    )
    .option('--warm-up <duration>', 'leave this much of the beginning of each VM out of the summary', '0s')
    .option('--out <file>', 'where the capacities go: a CSV, .gz is compressed, - is standard output')
    .option('--json', 'print the summary as one line of JSON')
    .option('--report <file>', 'write a page on what would have changed, at the first risk')
    .option('--prices <file>', 'prices per unit and hour (JSON), instead of the list that comes with the command')
    .optionsGroup('Comparison with other rules:')
    .option('--compare', 'run every peer rule and two oracles beside ours; --trace takes several sets, --lead ... auto')
    .option('--meters <meter,...>', 'only these: cpu, memory, disk_read, ...')
    .option('--vms <n>', 'at most this many VMs of each set, evenly spread')
    .option('--vm <name>', 'the VM to draw')
    .option('--html <file>', 'write a page with plots')
    .option('--out-json <file>', 'write the comparison as JSON')
    .option('--workers <n>', 'threads', '2')
    .action(async (options: BacktestOptions & CompareOptions, command: Command) => {
      checkMode(command, options.compare === true);
      if (options.compare === true) {
        await compare({ ...options, ...timesGiven(options, command) }, { out: process.stdout, errors });
        return;
      }
      const summary = await backtest(options, errors);
      const text = options.json === true ? `${JSON.stringify(summary)}\n` : summaryWords(summary);
      // With the capacities on standard output the summary must not be among them.
      (options.out === '-' ? errors : process.stdout).write(text);
    });
}

async function backtest(options: BacktestOptions, errors: ProgressStream): Promise<BacktestSummary> {
  const horizon: Horizon = { lead: parseDuration(options.lead), hold: parseDuration(options.hold) };
  const risks = parseShares(options.risk, '--risk');
  const warmUp = parseDuration(options.warmUp);
  const terms: PoolTerms = { horizon, risks, warmUp, isSingle: options.riskOf === 'vm' };
  const startedAt = performance.now();
  const columns = ['time', 'vm', ...METERS, ...(risks.length > 1 ? ['risk'] : [])];
  const report = await reportOf(options, { horizon, risk: risks[0] ?? 0.01, warmUp });
  const writer = options.out === undefined ? undefined : await openCsvWriter(options.out, columns);
  const scores: VmScore[][] = risks.map(() => []);
  const samples = await replayTraces(options.trace, terms, {
    scores,
    errors,
    imageOf: options.image === undefined ? () => undefined : parseImage(options.image),
    onVm: async (series, rows) => {
      report?.add(
        series,
        rows.map((sizes) => sizes?.[0]),
      );
      await writeRows(writer, series, { risks, rows });
    },
  }).finally(() => writer?.close());
  await report?.write(options.report ?? '');
  return {
    vms: scores[0]?.length ?? 0,
    samples,
    leadSeconds: horizon.lead / 1000,
    holdSeconds: horizon.hold / 1000,
    risks: risks.map((risk, i) => ({ risk, meters: scoreOf(scores[i] ?? []) })),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

interface ReplayOutputs {
  readonly scores: readonly VmScore[][];
  readonly errors: ProgressStream;
  readonly imageOf: (vm: VmId) => string | undefined;
  readonly onVm: (series: TraceSeries, rows: Rows) => Promise<void>;
}

/** Replays all VMs of the traces, pool by pool; says how many samples that were. */
async function replayTraces(
  trace: string,
  terms: PoolTerms,
  { scores, errors, imageOf, onVm }: ReplayOutputs,
): Promise<number> {
  const bar = traceProgress(errors);
  const progress = new PoolProgress(bar.done);
  let samples = 0;
  try {
    const vms = seriesOf(trace, (bytes, of) => {
      progress.read(bytes, of);
    });
    for await (const pool of poolsOf(vms)) {
      const onProgress = (share: number): void => {
        progress.replayed(share);
      };
      const rows = replayPool(pool.map(known(imageOf)), terms, { scores, onProgress });
      for (const [v, series] of pool.entries()) {
        samples += series.times.length;
        await onVm(series, rows[v] ?? []);
      }
    }
  } finally {
    bar.stop();
  }
  return samples;
}

/** Adds what is known of a VM's image to its series. */
const known =
  (imageOf: (vm: VmId) => string | undefined) =>
  (series: TraceSeries): UseSeries => {
    const image = imageOf(series.vm);
    return image === undefined ? series : { ...series, image };
  };

/** The collector behind `--report`, undefined without it. */
async function reportOf(
  { report, prices, trace }: BacktestOptions,
  { horizon, risk, warmUp }: { horizon: Horizon; risk: Probability; warmUp: DurationMs },
): Promise<HistoryCollector | undefined> {
  if (report === undefined) return undefined;
  return historyCollector({
    command: `shadowcast backtest --trace ${basename(resolve(trace))} --risk ${risk}`,
    risk,
    leadSeconds: horizon.lead / 1000,
    holdSeconds: horizon.hold / 1000,
    warmUpSeconds: warmUp / 1000,
    prices: await readPrices(prices),
  });
}

async function writeRows(
  writer: CsvWriter | undefined,
  { vm, times }: TraceSeries,
  { risks, rows }: { risks: readonly Probability[]; rows: Rows },
): Promise<void> {
  if (writer === undefined) return;
  for (const [i, inForce] of rows.entries()) {
    for (const [r, risk] of risks.entries()) {
      const sizes = inForce?.[r];
      const cells = METERS.map((meter) => roundUp(sizes?.[meter]));
      await writer.write([(times[i] ?? 0) / 1000, vm, ...cells, ...(risks.length > 1 ? [risk] : [])]);
    }
  }
}

/** Eight digits say enough; the last is rounded up, so that what is written is never below what was decided. */
function roundUp(value: number | undefined): number | undefined {
  if (value === undefined || value === 0) return value;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 7);
  return Number((Math.ceil(value / unit) * unit).toPrecision(8));
}

function summaryWords({ vms, samples, risks, seconds }: BacktestSummary): string {
  const lines = [`${vms} VMs, ${samples} samples in ${seconds.toFixed(1)} s`];
  for (const { risk, meters } of risks) {
    lines.push(`risk ${percent(risk)}`);
    for (const meter of METERS) {
      const score = meters[meter];
      if (score === undefined) continue;
      const worth = `violations ${percent(score.violationRate)}, unserved ${percent(score.unserved)}`;
      lines.push(`  ${meter.padEnd(10)} ${worth}, slack ${percent(score.slack)} of demand`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
