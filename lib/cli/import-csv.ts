import { Command } from 'commander';
import { parseColumnMap } from '../adapters/history/column-map.ts';
import { readForeignCsv, type ForeignTrace } from '../adapters/history/foreign-csv.ts';
import type { ForeignCsv } from '../adapters/history/foreign-row.ts';
import type { Separator } from '../adapters/history/separated-cells.ts';
import { cellsOfSample, openCsvWriter, type TraceSample } from '../adapters/trace/csv.ts';
import { TRACE_COLUMNS } from '../adapters/trace/csv-columns.ts';
import { Fault } from '../core/fault.ts';
import { parseBytes } from '../core/parse-size.ts';
import { isoOf } from '../adapters/history/history-window.ts';
import { processContext, type ImportContext } from './import-cloudwatch.ts';

interface CsvOptions {
  readonly map: readonly string[];
  readonly in: string;
  readonly out?: string;
  readonly vm?: string;
  readonly capacity?: string;
  readonly separator?: string;
  readonly decimalComma?: boolean;
  readonly skipBad?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What an import did, as `--json` prints it. */
interface CsvSummary {
  readonly in: string;
  readonly out?: string;
  readonly vms: number;
  readonly rows: number;
  readonly from?: string;
  readonly until?: string;
  /** Median time between two rows of a VM. */
  readonly stepSeconds?: number;
  readonly leftOut: number;
}

const PREVIEW_ROWS = 5;
const SHOWN_PROBLEMS = 20;

/** `shadowcast import csv`: measurements of another tool, column by column. */
export function csvCommand(context: ImportContext = processContext): Command {
  return new Command('csv')
    .description('Makes a trace CSV from a CSV of another tool: columns, units, separators, any order of rows.')
    .requiredOption(
      '--map <target=Column[:unit],...>',
      'what the columns are: time=Timestamp,vm=Host,cpu=cpu_pct:percent-of=cpu_capacity,memory=Mem:MB (docs/history.md)',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .requiredOption('--in <file>', 'the CSV to read; .gz is unpacked')
    .option('--out <file>', 'where the trace goes: a CSV, .gz is compressed, - is standard output')
    .option('--vm <name>', 'the VM, for a file without a column for it')
    .option('--capacity <cpu=N,memory=SIZE>', 'what the VMs have, where the file does not say: cpu=4,memory=16GiB')
    .option('--separator <what>', 'comma, semicolon or tab (default: from the first line)')
    .option('--decimal-comma', '1,5 is one and a half')
    .option('--skip-bad', 'leave out rows that cannot be used, and say so, instead of refusing the file')
    .option('--dry-run', 'print the first rows as they would be, and write nothing')
    .option('--json', 'print the summary as one line of JSON')
    .action((options: CsvOptions) => importCsv(options, context));
}

async function importCsv(options: CsvOptions, { out, errors }: ImportContext): Promise<void> {
  const { out: path, dryRun = false } = options;
  if (path === undefined && !dryRun) throw new Fault('USAGE', 'where to? give --out FILE, or --dry-run to look first');
  const trace = await readForeignCsv(foreignCsvOf(options));
  if (dryRun) out(previewWords(trace.samples));
  checkRows(trace, options);
  if (trace.problems.length > 0) errors.write(`${problemWords(trace.problems)}\n`);
  const target = dryRun ? undefined : path;
  if (target !== undefined) await writeTrace(target, trace.samples);
  const summary = summaryOf(options, trace);
  const text = options.json === true ? JSON.stringify(summary) : summaryWords(summary, dryRun);
  // With the trace on standard output the summary must not be among its rows.
  if (target === '-') errors.write(`${text}\n`);
  else out(`${text}\n`);
}

function foreignCsvOf(options: CsvOptions): ForeignCsv {
  return {
    path: options.in,
    map: parseColumnMap(options.map.join(',')),
    vm: options.vm,
    capacity: parseCapacity(options.capacity),
    separator: separatorNamed(options.separator),
    decimalComma: options.decimalComma ?? false,
  };
}

function checkRows({ samples, problems }: ForeignTrace, { skipBad, in: path }: CsvOptions): void {
  if (skipBad !== true && problems.length > 0) {
    throw new Fault('CSV_ROW', `${problemWords(problems)}\ncorrect them, or leave them out with --skip-bad`);
  }
  if (samples.length === 0) throw new Fault('CSV_ROW', `${path} has no row that can be used, wanted at least one`);
}

function separatorNamed(name: string | undefined): Separator | undefined {
  if (name === undefined) return undefined;
  const named: Readonly<Record<string, Separator>> = {
    comma: ',',
    ',': ',',
    semicolon: ';',
    ';': ';',
    tab: '\t',
    '\t': '\t',
  };
  const separator = named[name];
  if (separator === undefined) throw new Fault('USAGE', `--separator got "${name}", wanted comma, semicolon or tab`);
  return separator;
}

function parseCapacity(text: string | undefined): TraceSample['capacity'] {
  const capacity: { cpu?: number; memory?: number } = {};
  for (const part of text?.split(',') ?? []) {
    const [name, value = ''] = part.split('=');
    const cpus = Number(value);
    if (name === 'memory') capacity.memory = parseBytes(value);
    else if (name === 'cpu' && cpus > 0 && cpus < Infinity) capacity.cpu = cpus;
    else throw new Fault('USAGE', `--capacity got "${part}", wanted for instance cpu=4,memory=16GiB`);
  }
  return capacity;
}

async function writeTrace(path: string, samples: readonly TraceSample[]): Promise<void> {
  const writer = await openCsvWriter(path, TRACE_COLUMNS);
  try {
    for (const sample of samples) await writer.write(cellsOfSample(sample));
  } finally {
    await writer.close();
  }
}

function problemWords(problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN_PROBLEMS);
  const more = problems.length - shown.length;
  const rows = problems.length === 1 ? 'row cannot' : 'rows cannot';
  return [`${problems.length} ${rows} be used:`, ...shown, ...(more > 0 ? [`... and ${more} more`] : [])].join('\n');
}

function previewWords(samples: readonly TraceSample[]): string {
  const rows = samples.slice(0, PREVIEW_ROWS).map((sample) =>
    cellsOfSample(sample)
      .map((cell) => cell ?? '')
      .join(','),
  );
  return `${[TRACE_COLUMNS.join(','), ...rows].join('\n')}\n`;
}

function summaryOf(options: CsvOptions, { samples, problems }: ForeignTrace): CsvSummary {
  const vms = new Set(samples.map(({ vm }) => vm)).size;
  const steps = samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    return before?.vm === sample.vm ? [sample.time - before.time] : [];
  });
  const step = steps.sort((left, right) => left - right)[Math.floor(steps.length / 2)];
  const [from, until] = rangeOf(samples);
  return {
    in: options.in,
    ...(options.out !== undefined && options.dryRun !== true && { out: options.out }),
    vms,
    rows: samples.length,
    from: isoOf(from),
    until: isoOf(until),
    ...(step !== undefined && { stepSeconds: step / 1_000 }),
    leftOut: problems.length,
  };
}

function rangeOf(samples: readonly TraceSample[]): readonly [from: number, until: number] {
  let [from, until] = [Infinity, -Infinity];
  for (const { time } of samples) [from, until] = [Math.min(from, time), Math.max(until, time)];
  return [from, until];
}

function summaryWords(summary: CsvSummary, dryRun: boolean): string {
  const { vms, rows, from = '', until = '', stepSeconds, leftOut } = summary;
  const every = stepSeconds === undefined ? '' : ` every ${stepSeconds} s`;
  const without = leftOut === 0 ? '' : `, ${leftOut} left out`;
  const where = dryRun ? 'nothing was written' : `written to ${summary.out ?? ''}`;
  return `${rows} rows of ${vms} VMs, ${from} to ${until}${every}${without}; ${where}`;
}
