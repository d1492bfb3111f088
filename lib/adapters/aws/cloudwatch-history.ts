import {
  GetMetricDataCommand,
  paginateListMetrics,
  type CloudWatchClient,
  type Dimension,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { Fault } from '../../core/fault.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import type { HistoryMetric, MetricName, MetricPoints } from '../history/history-metrics.ts';
import { periodsIn, type HistoryWindow } from '../history/history-window.ts';
import { awsFault } from './aws-fault.ts';

/** Limits of one GetMetricData call: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500;
const MAX_POINTS = 100_800;
/** US dollars for each metric of each GetMetricData call (us-east-1): https://aws.amazon.com/cloudwatch/pricing/ */
export const USD_PER_METRIC = 0.01 / 1_000;

const AGENT_NAMESPACE = 'CWAgent';

/** The agent's memory metrics of some instances: one for each set of dimensions under which it was sent. */
export async function agentMetrics(client: CloudWatchClient, vms: ReadonlySet<VmId>): Promise<HistoryMetric[]> {
  const found: HistoryMetric[] = [];
  for (const name of ['mem_used', 'mem_used_percent'] as const) {
    const wanted = { Namespace: AGENT_NAMESPACE, MetricName: name, Dimensions: [{ Name: 'InstanceId' }] };
    try {
      for await (const { Metrics = [] } of paginateListMetrics({ client }, wanted)) {
        for (const { Dimensions = [] } of Metrics) {
          const vm = Dimensions.find(({ Name }) => Name === 'InstanceId')?.Value;
          if (vm !== undefined && vms.has(vm)) found.push(agentMetric(name, vm, Dimensions));
        }
      }
    } catch (thrown) {
      throw awsFault('cloudwatch:ListMetrics', thrown);
    }
  }
  return found.sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
}

/** Fewest dimensions first: the stream of the instance itself before those of its image or type. */
const orderOf = ({ vm, name, dimensions }: HistoryMetric): string =>
  `${vm} ${name} ${dimensions.length} ${JSON.stringify(dimensions)}`;

const agentMetric = (name: MetricName, vm: VmId, dimensions: readonly Dimension[]): HistoryMetric => ({
  vm,
  name,
  namespace: AGENT_NAMESPACE,
  dimensions: dimensions.map(({ Name = '', Value = '' }) => [Name, Value]),
  statistic: 'Average',
});

/** VMs, each with its metrics, that one call can ask for. */
export type MetricGroup = readonly HistoryMetric[];

/**
 * Cuts metrics (those of a VM together, in a row) into groups for one GetMetricData call each: at most 500 metrics and, as far as one
 * VM allows it, 100,800 points, so that few answers have a second page.
 */
export function groupsOf(metrics: readonly HistoryMetric[], window: HistoryWindow): MetricGroup[] {
  const atOnce = Math.min(MAX_QUERIES, Math.floor(MAX_POINTS / periodsIn(window)));
  const groups: HistoryMetric[][] = [];
  for (const own of byVm(metrics)) {
    const group = groups.at(-1);
    if (group === undefined || group.length + own.length > atOnce) groups.push([...own]);
    else group.push(...own);
  }
  return groups;
}

function byVm(metrics: readonly HistoryMetric[]): HistoryMetric[][] {
  const runs: HistoryMetric[][] = [];
  for (const metric of metrics) {
    const run = runs.at(-1);
    if (run?.[0]?.vm === metric.vm) run.push(metric);
    else runs.push([metric]);
  }
  return runs;
}

/** How many calls (pages) a group takes at most. */
export const pagesOf = (group: MetricGroup, window: HistoryWindow): number =>
  Math.max(1, Math.ceil((group.length * periodsIn(window)) / MAX_POINTS));

/**
 * All points of a group's metrics, in the group's order; a metric without data has none. Throws Fault USAGE for what
 * credentials or permissions refuse, HISTORY_UNAVAILABLE when CloudWatch cannot be reached or does not know all points.
 */
export async function fetchPoints(
  client: CloudWatchClient,
  group: MetricGroup,
  window: HistoryWindow,
): Promise<{ readonly points: readonly MetricPoints[]; readonly calls: number }> {
  const points = group.map(() => new Map<EpochMs, number>());
  const queries = group.map((metric, index) => queryOf(metric, index, window));
  let token: string | undefined;
  let calls = 0;
  do {
    const page = await fetchPage(client, queries, window, token);
    calls += 1;
    token = page.NextToken;
    for (const result of page.MetricDataResults ?? []) {
      checkStatus(result, token);
      take(result, points);
    }
  } while (token !== undefined);
  return { points, calls };
}

const fetchPage = async (
  client: CloudWatchClient,
  MetricDataQueries: MetricDataQuery[],
  { from, until }: HistoryWindow,
  NextToken: string | undefined,
): Promise<GetMetricDataCommandOutput> => {
  const command = new GetMetricDataCommand({
    MetricDataQueries,
    StartTime: new Date(from),
    EndTime: new Date(until),
    ScanBy: 'TimestampAscending',
    MaxDatapoints: MAX_POINTS,
    NextToken,
  });
  try {
    return await client.send(command);
  } catch (thrown) {
    throw awsFault('cloudwatch:GetMetricData', thrown);
  }
};

function queryOf(metric: HistoryMetric, index: number, { period }: HistoryWindow): MetricDataQuery {
  const Dimensions = metric.dimensions.map(([Name, Value]) => ({ Name, Value }));
  return {
    Id: `q${index}`,
    ReturnData: true,
    MetricStat: {
      Metric: { Namespace: metric.namespace, MetricName: metric.name, Dimensions },
      Period: period / 1_000,
      Stat: metric.statistic,
    },
  };
}

/** A result may end in the middle when another page follows; otherwise half an answer would look like silence. */
function checkStatus({ StatusCode, Label, Messages }: MetricDataResult, token: string | undefined): void {
  if (StatusCode === undefined || StatusCode === 'Complete') return;
  if (StatusCode === 'PartialData' && token !== undefined) return;
  const why = (Messages ?? []).map(({ Value = '' }) => ` (${Value})`).join('');
  if (StatusCode === 'Forbidden')
    throw new Fault('USAGE', `cloudwatch:GetMetricData is not allowed for ${Label ?? 'a metric'}${why}: grant it`);
  throw new Fault(
    'HISTORY_UNAVAILABLE',
    `${Label ?? 'a metric'}: got ${StatusCode}${why}, wanted all points; try again`,
    {
      retryable: true,
    },
  );
}

/** Points of one metric may come on several pages; they are put together by time. */
function take({ Id, Timestamps = [], Values = [] }: MetricDataResult, points: readonly Map<EpochMs, number>[]): void {
  const own = points[Number(Id?.slice(1))];
  for (const [index, timestamp] of Timestamps.entries()) {
    const value = Values[index];
    if (value !== undefined) own?.set(timestamp.getTime(), value);
  }
}
