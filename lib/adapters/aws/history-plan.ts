import { z } from 'zod';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { Fault } from '../../core/fault.ts';
import { MINUTE_MS, type VmId } from '../../core/units.ts';
import { ec2Metrics, samplesOf, missingOf, type MeasuredMetric } from '../history/history-metrics.ts';
import type { HistoryWindow } from '../history/history-window.ts';
import type { TraceSample } from '../trace/trace-sample.ts';
import { agentMetrics, fetchPoints, groupsOf, type MetricGroup } from './cloudwatch-history.ts';
import { describeMachines, type MachineSelection } from './ec2-machines.ts';
import type { HistoryClients } from './history-clients.ts';

const metricNames = [
  'CPUUtilization',
  'NetworkIn',
  'NetworkOut',
  'EBSReadBytes',
  'EBSWriteBytes',
  'DiskReadBytes',
  'DiskWriteBytes',
  'mem_used',
  'mem_used_percent',
] as const;

const planSchema = z.object({
  window: z.object({ from: z.number(), until: z.number(), period: z.number() }),
  machines: z.array(
    z.object({
      vm: z.string(),
      type: z.string(),
      vcpus: z.number(),
      memory: z.number(),
      isDetailed: z.boolean(),
      hasInstanceStore: z.boolean(),
    }),
  ),
  metrics: z.array(
    z.object({
      vm: z.string(),
      name: z.enum(metricNames),
      namespace: z.string(),
      dimensions: z.array(z.tuple([z.string(), z.string()])),
      statistic: z.enum(['Average', 'Sum']),
    }),
  ),
});

/** An import as it will be done; JSON, so that a later run can go on with it. */
export type HistoryPlan = z.infer<typeof planSchema>;

/** Reads a plan back from a state file. Throws Fault USAGE when it is none. */
export function parsePlan(json: unknown): HistoryPlan {
  const parsed = planSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Fault('USAGE', `the state file has no plan (${z.prettifyError(parsed.error)}): delete it to begin anew`);
}

/**
 * Looks up what there is: the instances as they are now, and the agent's metrics. Throws as `describeMachines`, and Fault
 * USAGE for periods below 5 minutes when an instance has basic monitoring: a sum of 5 minutes would pass for one of 1.
 */
export async function planHistory(
  { ec2, cloudWatch }: HistoryClients,
  selection: MachineSelection,
  window: HistoryWindow,
): Promise<HistoryPlan> {
  const machines = await describeMachines(ec2, selection);
  const basic = machines.find(({ isDetailed }) => !isDetailed);
  if (basic !== undefined && window.period < 5 * MINUTE_MS) {
    throw new Fault('USAGE', `${basic.vm} has basic monitoring, a point every 5 minutes: use --period 5m or more`);
  }
  const agents = await agentMetrics(cloudWatch, new Set(machines.map(({ vm }) => vm)));
  const metrics = machines.flatMap((machine) => [
    ...ec2Metrics(machine),
    ...agents.filter(({ vm }) => vm === machine.vm),
  ]);
  return planSchema.parse({ window, machines, metrics });
}

/** What one call will ask for. */
export const stepsOf = ({ metrics, window }: HistoryPlan): MetricGroup[] => groupsOf(metrics, window);

/** What a step has brought, VM by VM in the order of their ids. */
export interface HistoryStep {
  readonly samples: readonly TraceSample[];
  /** Names of metrics without a single point, by VM. */
  readonly missing: readonly { readonly vm: VmId; readonly metrics: readonly string[] }[];
  readonly calls: number;
  readonly metrics: number;
  readonly vms: number;
}

/** Does one step of a plan. Throws as `fetchPoints`. */
export async function fetchStep(
  client: CloudWatchClient,
  { machines, window }: HistoryPlan,
  group: MetricGroup,
): Promise<HistoryStep> {
  const { points, calls } = await fetchPoints(client, group, window);
  const vms = new Set(group.map(({ vm }) => vm));
  const traces = machines
    .filter(({ vm }) => vms.has(vm))
    .map((machine) => {
      const measured = group.flatMap(({ vm, name }, index): MeasuredMetric[] =>
        vm === machine.vm ? [{ name, points: points[index] ?? new Map() }] : [],
      );
      return {
        samples: samplesOf(machine, measured, window),
        missing: { vm: machine.vm, metrics: missingOf(machine, measured) },
      };
    });
  return {
    samples: traces.flatMap(({ samples }) => samples),
    missing: traces.map(({ missing }) => missing).filter(({ metrics }) => metrics.length > 0),
    calls,
    metrics: calls * group.length,
    vms: vms.size,
  };
}
