import { Command } from 'commander';
import { SingleBar } from 'cli-progress';
import { pagesOf, USD_PER_METRIC } from '../adapters/aws/cloudwatch-history.ts';
import type { AwsTarget } from '../adapters/aws/clients.ts';
import { historyClients, type HistoryClients } from '../adapters/aws/history-clients.ts';
import {
  fetchStep,
  parsePlan,
  planHistory,
  stepsOf,
  type HistoryPlan,
  type HistoryStep,
} from '../adapters/aws/history-plan.ts';
import { workAhead } from '../adapters/history/ahead.ts';
import { historyWindow, isoOf, periodsIn } from '../adapters/history/history-window.ts';
import { openResumableCsv } from '../adapters/history/resumable-csv.ts';
import { cellsOfSample } from '../adapters/trace/csv.ts';
import { TRACE_COLUMNS } from '../adapters/trace/csv-columns.ts';
import { Fault } from '../core/fault.ts';
import { durationWords } from '../core/policy/quantity-words.ts';
import type { EpochMs, VmId } from '../core/units.ts';

interface CloudWatchOptions {
  readonly instances?: string;
  readonly tag: readonly string[];
  readonly since: string;
  readonly until?: string;
  readonly period?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly out: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Where an import writes, what time it is, and whom it asks. */
export interface ImportContext {
  readonly out: (text: string) => void;
  /** Progress and notes. */
  readonly errors: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly now: () => EpochMs;
  readonly clients: (target: AwsTarget) => HistoryClients;
}

export const processContext: ImportContext = {
  out: (text) => process.stdout.write(text),
  errors: process.stderr,
  now: () => Date.now(),
  clients: (target) => historyClients(target),
};

/** What an import did, as `--json` prints it; times in ISO 8601. */
interface ImportSummary {
  readonly out: string;
  readonly vms: number;
  readonly rows: number;
  readonly since: string;
  readonly until: string;
  readonly periodSeconds: number;
  /** Pages of GetMetricData, and metrics on them: what AWS counts. */
  readonly calls: number;
  readonly metrics: number;
  readonly estimatedDollars: number;
  /** Metrics without a single point, by VM: their columns are empty. */
  readonly missing: HistoryStep['missing'];
}

/** Calls under way beside the one being written: CloudWatch answers a large one in about a second. */
const CALLS_AHEAD = 3;

/** `shadowcast import cloudwatch`: the past of EC2 instances, as CloudWatch and its agent measured it. */
export function cloudWatchCommand(context: ImportContext = processContext): Command {
  return new Command('cloudwatch')
    .description(
      'Fetches what EC2 instances used from CloudWatch; needs ec2:Describe*, cloudwatch:ListMetrics, GetMetricData.',
    )
    .option('--instances <id,...>', 'instances by id')
    .option('--tag <key=value>', 'instances with this tag; may be repeated, all must hold', collect, [])
    .option('--since <duration|time>', 'how far back: 14d, or ISO 8601', '14d')
    .option('--until <duration|time>', 'end, as --since (default: now)')
    .option(
      '--period <duration>',
      '1m (kept for 15 days), 5m (63 days) or 1h (455 days); default: 5m, or 1h beyond 63 days',
    )
    .option('--region <name>', 'AWS region (default: of the environment)')
    .option('--endpoint <url>', 'another endpoint than that of AWS, for EC2 and CloudWatch')
    .requiredOption('--out <file>', 'where the trace goes: a CSV, .gz is compressed')
    .option('--resume', 'go on with an import that was broken off')
    .option('--dry-run', 'look up what there is and print the calls and what they would cost')
    .option('--json', 'print the summary as one line of JSON')
    .action((options: CloudWatchOptions) => importHistory(options, context));
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function importHistory(options: CloudWatchOptions, context: ImportContext): Promise<void> {
  const selection = selectionOf(options);
  if (options.out === '-') throw new Fault('USAGE', '--out got -, wanted a file: an import is written step by step');
  const window = historyWindow(options, context.now());
  const clients = context.clients({
    ...(options.region !== undefined && { region: options.region }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
  });
  const makePlan = (): Promise<HistoryPlan> => planHistory(clients, selection, window);
  try {
    if (options.dryRun === true) {
      const plan = await makePlan();
      context.out(options.json === true ? `${JSON.stringify(dryRun(plan))}\n` : dryRunWords(plan));
      return;
    }
    const summary = await fetchAll(options, { clients, makePlan, errors: context.errors });
    context.out(options.json === true ? `${JSON.stringify(summary)}\n` : summaryWords(summary));
  } finally {
    // Connections that are kept for the next call would keep the process.
    clients.ec2.destroy();
    clients.cloudWatch.destroy();
  }
}

function selectionOf({ instances, tag }: CloudWatchOptions): {
  instances: VmId[];
  tags: (readonly [key: string, value: string])[];
} {
  const ids = (instances ?? '').split(',').map((id) => id.trim());
  const named = [...new Set(ids.filter((id) => id !== ''))];
  if (named.length === 0 && tag.length === 0) {
    throw new Fault('USAGE', 'no instances: give --instances i-0abc,... or --tag key=value');
  }
  const tags = tag.map((text) => {
    const at = text.indexOf('=');
    if (at <= 0) throw new Fault('USAGE', `--tag got "${text}", wanted key=value`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return { instances: named, tags };
}

/** What of the options decides which rows come out; a run that goes on must say the same. */
const requestOf = ({ instances, tag, since, until, period, region, endpoint }: CloudWatchOptions): string =>
  JSON.stringify({ instances, tag, since, until, period, region, endpoint });

async function fetchAll(
  options: CloudWatchOptions,
  {
    clients,
    makePlan,
    errors,
  }: { clients: HistoryClients; makePlan: () => Promise<HistoryPlan> } & Pick<ImportContext, 'errors'>,
): Promise<ImportSummary> {
  const { out: path } = options;
  const resume = options.resume === true;
  const csv = await openResumableCsv({ path, columns: TRACE_COLUMNS, request: requestOf(options), resume, makePlan });
  const progress = vmProgress(errors);
  try {
    const plan = parsePlan(csv.plan);
    const groups = stepsOf(plan).slice(csv.notes.length);
    progress.start(plan.machines.length, vmsOf(csv.notes as readonly StepNote[]));
    for await (const step of workAhead(groups, CALLS_AHEAD, (group) => fetchStep(clients.cloudWatch, plan, group))) {
      await csv.append(step.samples.map(cellsOfSample), noteOf(step));
      progress.add(step.vms);
    }
    const summary = summaryOf(path, plan, csv.notes as readonly StepNote[]);
    if (summary.rows === 0) {
      await csv.discard();
      throw nothingFound(plan);
    }
    await csv.finish();
    return summary;
  } catch (thrown) {
    await csv.close();
    throw thrown;
  } finally {
    progress.stop();
  }
}

/** What the summary needs of a step; kept in the state. */
interface StepNote extends Pick<HistoryStep, 'calls' | 'metrics' | 'vms' | 'missing'> {
  readonly rows: number;
}

const noteOf = ({ samples, calls, metrics, vms, missing }: HistoryStep): StepNote => ({
  rows: samples.length,
  calls,
  metrics,
  vms,
  missing,
});

const vmsOf = (notes: readonly StepNote[]): number => notes.reduce((total, { vms }) => total + vms, 0);

function summaryOf(out: string, { window, machines }: HistoryPlan, notes: readonly StepNote[]): ImportSummary {
  const total = (of: 'rows' | 'calls' | 'metrics'): number => notes.reduce((sum, note) => sum + note[of], 0);
  return {
    out,
    vms: machines.length,
    rows: total('rows'),
    since: isoOf(window.from),
    until: isoOf(window.until),
    periodSeconds: window.period / 1_000,
    calls: total('calls'),
    metrics: total('metrics'),
    estimatedDollars: dollars(total('metrics')),
    missing: notes.flatMap(({ missing }) => missing),
  };
}

const dollars = (metrics: number): number => Number((metrics * USD_PER_METRIC).toPrecision(6));

function nothingFound({ machines, window }: HistoryPlan): Fault {
  const vms = machines.map(({ vm }) => vm);
  const named = vms.length > 3 ? `${vms.slice(0, 3).join(', ')} and ${vms.length - 3} more` : vms.join(', ');
  const between = `between ${isoOf(window.from)} and ${isoOf(window.until)}`;
  return new Fault(
    'USAGE',
    `CPUUtilization and all other metrics of ${named} have no data ${between}: check --since, --region`,
  );
}

interface DryRun {
  readonly vms: number;
  readonly since: string;
  readonly until: string;
  readonly periodSeconds: number;
  readonly rowsAtMost: number;
  readonly withoutMemory: readonly VmId[];
  readonly calls: readonly {
    readonly vms: number;
    readonly metrics: number;
    readonly pages: number;
    readonly dollars: number;
  }[];
  readonly estimatedDollars: number;
}

function dryRun(plan: HistoryPlan): DryRun {
  const { machines, metrics, window } = plan;
  const calls = stepsOf(plan).map((group) => {
    const pages = pagesOf(group, window);
    const vms = new Set(group.map(({ vm }) => vm)).size;
    return { vms, metrics: group.length, pages, dollars: dollars(pages * group.length) };
  });
  const withMemory = new Set(metrics.filter(({ name }) => name.startsWith('mem_')).map(({ vm }) => vm));
  return {
    vms: machines.length,
    since: isoOf(window.from),
    until: isoOf(window.until),
    periodSeconds: window.period / 1_000,
    rowsAtMost: machines.length * periodsIn(window),
    withoutMemory: machines.map(({ vm }) => vm).filter((vm) => !withMemory.has(vm)),
    calls,
    estimatedDollars: dollars(calls.reduce((total, call) => total + call.pages * call.metrics, 0)),
  };
}

function dryRunWords(plan: HistoryPlan): string {
  const { vms, since, until, rowsAtMost, withoutMemory, calls, estimatedDollars } = dryRun(plan);
  const lines = [
    `${vms} VMs, ${since} to ${until} every ${durationWords(plan.window.period)}: at most ${rowsAtMost} rows`,
    ...calls.map((call, index) => {
      const pages = call.pages > 1 ? ` on up to ${call.pages} pages` : '';
      return `GetMetricData ${index + 1}: ${call.metrics} metrics of ${call.vms} VMs${pages}, $${call.dollars.toFixed(5)}`;
    }),
    ...(withoutMemory.length > 0 ? [`no agent memory metric: ${withoutMemory.join(', ')}`] : []),
    `about $${estimatedDollars.toFixed(4)} at $0.01 per 1,000 metrics; nothing was fetched`,
  ];
  return `${lines.join('\n')}\n`;
}

function summaryWords({ out, vms, rows, since, until, calls, estimatedDollars, missing }: ImportSummary): string {
  const lines = [
    `${out}: ${rows} rows of ${vms} VMs, ${since} to ${until}`,
    `${calls} calls of GetMetricData, about $${estimatedDollars.toFixed(4)}`,
    ...missing.map(({ vm, metrics }) => `${vm} has no ${metrics.map(missingWords).join(', no ')}`),
  ];
  return `${lines.join('\n')}\n`;
}

const missingWords = (metric: string): string =>
  metric === 'mem_used' ? 'mem_used or mem_used_percent of the CloudWatch agent: its memory is empty' : metric;

interface VmProgress {
  readonly start: (total: number, done: number) => void;
  readonly add: (vms: number) => void;
  readonly stop: () => void;
}

/** VMs done, as a bar when the stream is a terminal. */
function vmProgress(stream: ImportContext['errors']): VmProgress {
  const format = '{bar} {value}/{total} VMs | {eta_formatted} left';
  const bar = stream.isTTY === true ? new SingleBar({ stream, format, hideCursor: true }) : undefined;
  return {
    start: (total, done) => bar?.start(total, done),
    add: (vms) => bar?.increment(vms),
    stop: () => bar?.stop(),
  };
}
