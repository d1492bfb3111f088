import { Command } from 'commander';
import { openCsvWriter, type TraceSeries } from '../adapters/trace/csv.ts';
import type { CsvWriter } from '../adapters/trace/csv-writer.ts';
import { ANOMALY_THRESHOLD, type AnomalyVerdict } from '../core/anomaly/anomaly-watch.ts';
import { watchSeries } from '../core/anomaly/watch-series.ts';
import { Fault } from '../core/fault.ts';
import { RESOURCES, type Resource } from '../core/meter.ts';
import { DAY_MS } from '../core/units.ts';
import { seriesOf, traceProgress, type ProgressStream } from './backtest-traces.ts';

interface AnomaliesOptions {
  readonly trace: string;
  readonly out: string;
  readonly threshold: string;
  readonly json?: boolean;
}

/** What was found, as `--json` prints it. */
interface AnomaliesSummary {
  readonly vms: number;
  readonly samples: number;
  readonly threshold: number;
  /** Runs of anomalous samples. */
  readonly anomalies: number;
  readonly anomalousSamples: number;
  /** Undefined for traces of one sample. */
  readonly anomaliesPerVmDay?: number;
  /** Anomalies that each resource was blamed for at their beginning. */
  readonly blamed: Readonly<Record<Resource, number>>;
}

/**
 * `shadowcast anomalies`: how surprising each sample of a recorded trace was, as `time,vm,score,anomalous,resources`: seconds,
 * accumulated surprise, 0 or 1, and the resources to blame joined by +. Each row depends on the samples up to its own only.
 */
export function anomaliesCommand(errors: ProgressStream = process.stderr): Command {
  return new Command('anomalies')
    .description('Replays a recorded trace and writes how surprising each sample was, and whether it was anomalous.')
    .requiredOption('--trace <file|dir>', 'trace CSV (.csv, .csv.gz), or a folder of them')
    .requiredOption('--out <file>', 'where the scores go: a CSV, .gz is compressed, - is standard output')
    .option('--threshold <score>', 'score from which a sample is anomalous', String(ANOMALY_THRESHOLD))
    .option('--json', 'print the summary as one line of JSON')
    .action(async (options: AnomaliesOptions) => {
      const summary = await findAnomalies(options, errors);
      const text = options.json === true ? `${JSON.stringify(summary)}\n` : summaryWords(summary);
      // With the scores on standard output the summary must not be among them.
      (options.out === '-' ? errors : process.stdout).write(text);
    });
}

async function findAnomalies(options: AnomaliesOptions, errors: ProgressStream): Promise<AnomaliesSummary> {
  const threshold = thresholdOf(options.threshold);
  const writer = await openCsvWriter(options.out, ['time', 'vm', 'score', 'anomalous', 'resources']);
  const progress = traceProgress(errors);
  const tally = new Tally();
  try {
    for await (const series of seriesOf(options.trace, progress.done)) {
      const verdicts = watchSeries(series, threshold);
      tally.add(series, verdicts);
      await writeVerdicts(writer, series, verdicts);
    }
  } finally {
    progress.stop();
    await writer.close();
  }
  return tally.summary(threshold);
}

function thresholdOf(text: string): number {
  const threshold = text.trim() === '' ? Number.NaN : Number(text);
  if (threshold > 0 && Number.isFinite(threshold)) return threshold;
  throw new Fault('USAGE', `--threshold got "${text}", wanted a number above 0, for instance ${ANOMALY_THRESHOLD}`);
}

async function writeVerdicts(
  writer: CsvWriter,
  { vm, times }: TraceSeries,
  verdicts: readonly AnomalyVerdict[],
): Promise<void> {
  for (const [i, { score, anomalous, resources }] of verdicts.entries()) {
    const cells = [Number(score.toPrecision(6)), anomalous ? 1 : 0, resources.join('+')];
    await writer.write([(times[i] ?? 0) / 1000, vm, ...cells]);
  }
}

class Tally {
  #vms = 0;
  #samples = 0;
  #days = 0;
  #anomalies = 0;
  #anomalousSamples = 0;
  readonly #blamed: Record<Resource, number> = { cpu: 0, memory: 0, disk: 0, network: 0 };

  add({ times }: TraceSeries, verdicts: readonly AnomalyVerdict[]): void {
    this.#vms += 1;
    this.#samples += verdicts.length;
    this.#days += ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS;
    let wasAnomalous = false;
    for (const { anomalous, resources } of verdicts) {
      if (anomalous) this.#anomalousSamples += 1;
      if (anomalous && !wasAnomalous) {
        this.#anomalies += 1;
        for (const resource of resources) this.#blamed[resource] += 1;
      }
      wasAnomalous = anomalous;
    }
  }

  summary(threshold: number): AnomaliesSummary {
    return {
      vms: this.#vms,
      samples: this.#samples,
      threshold,
      anomalies: this.#anomalies,
      anomalousSamples: this.#anomalousSamples,
      ...(this.#days > 0 && { anomaliesPerVmDay: this.#anomalies / this.#days }),
      blamed: this.#blamed,
    };
  }
}

function summaryWords({ vms, samples, anomalies, anomaliesPerVmDay, blamed }: AnomaliesSummary): string {
  const rate = anomaliesPerVmDay === undefined ? '' : `, ${anomaliesPerVmDay.toPrecision(3)} per VM-day`;
  const shares = RESOURCES.map((resource) => `${resource} ${blamed[resource]}`).join(', ');
  return `${vms} VMs, ${samples} samples, anomalies: ${anomalies}${rate}\nblamed: ${shares}\n`;
}
