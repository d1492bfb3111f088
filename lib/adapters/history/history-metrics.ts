import type { Meter } from '../../core/meter.ts';
import type { Bytes, EpochMs, Vcpus, VmId } from '../../core/units.ts';
import type { TraceSample } from '../trace/trace-sample.ts';
import type { HistoryWindow } from './history-window.ts';

/** Metrics of CloudWatch that a trace is made of: EC2's own, and the two of the agent. */
export type MetricName =
  | 'CPUUtilization'
  | 'NetworkIn'
  | 'NetworkOut'
  | 'EBSReadBytes'
  | 'EBSWriteBytes'
  | 'DiskReadBytes'
  | 'DiskWriteBytes'
  | 'mem_used'
  | 'mem_used_percent';

/** One stream of points to ask for. */
export interface HistoryMetric {
  readonly vm: VmId;
  readonly name: MetricName;
  readonly namespace: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly statistic: 'Average' | 'Sum';
}

/** A stream's values by the start of their period. */
export type MetricPoints = ReadonlyMap<EpochMs, number>;

/** What a VM's percentages are of. */
export interface MachineSize {
  readonly vm: VmId;
  readonly vcpus: Vcpus;
  readonly memory: Bytes;
  readonly hasInstanceStore: boolean;
}

const EC2_METRICS = ['CPUUtilization', 'NetworkIn', 'NetworkOut', 'EBSReadBytes', 'EBSWriteBytes'] as const;
const STORE_METRICS = ['DiskReadBytes', 'DiskWriteBytes'] as const;

/**
 * EC2's metrics of a VM: the mean of its cpu, sums of its bytes. Bytes of instance store are asked for only where there is
 * one: elsewhere they are a zero that says nothing.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
 */
export function ec2Metrics({ vm, hasInstanceStore }: MachineSize): HistoryMetric[] {
  const names = [...EC2_METRICS, ...(hasInstanceStore ? STORE_METRICS : [])];
  return names.map((name) => ({
    vm,
    name,
    namespace: 'AWS/EC2',
    dimensions: [['InstanceId', vm]],
    statistic: name === 'CPUUtilization' ? 'Average' : 'Sum',
  }));
}

/** One stream with its points. */
export interface MeasuredMetric {
  readonly name: MetricName;
  readonly points: MetricPoints;
}

/**
 * The trace of one VM. CloudWatch names a period by its start, a trace by its end; percentages become vCPUs and bytes, sums
 * become rates. Where the agent sent the same metric under several sets of dimensions (the type was changed), the first that knows
 * a period counts. Periods without any value are left out: the VM was off.
 */
export function samplesOf(
  size: MachineSize,
  measured: readonly MeasuredMetric[],
  { from, until, period }: HistoryWindow,
): TraceSample[] {
  const samples: TraceSample[] = [];
  const capacity = { cpu: size.vcpus, memory: size.memory };
  const valueAt = (name: MetricName, at: EpochMs): number | undefined =>
    measured.find((metric) => metric.name === name && metric.points.has(at))?.points.get(at);
  for (let at = from; at < until; at += period) {
    const use = useAt((name) => valueAt(name, at), size, period / 1_000);
    if (Object.keys(use).length > 0) samples.push({ time: at + period, vm: size.vm, use, capacity });
  }
  return samples;
}

/** Names of what a VM has no single point of; the agent's two metrics are one. */
export function missingOf({ hasInstanceStore }: MachineSize, measured: readonly MeasuredMetric[]): string[] {
  const has = (name: MetricName): boolean => measured.some((metric) => metric.name === name && metric.points.size > 0);
  const missing: string[] = EC2_METRICS.filter((name) => !has(name));
  if (hasInstanceStore) missing.push(...STORE_METRICS.filter((name) => !has(name)));
  if (!has('mem_used') && !has('mem_used_percent')) missing.push('mem_used');
  return missing;
}

function useAt(
  value: (name: MetricName) => number | undefined,
  { vcpus, memory, hasInstanceStore }: MachineSize,
  seconds: number,
): Partial<Record<Meter, number>> {
  const rate = (name: MetricName): number | undefined => scaled(value(name), 1 / seconds);
  // Without EBS's part the total is not known (instances that are not Nitro do not send it).
  const disk = (ebs: MetricName, store: MetricName): number | undefined =>
    hasInstanceStore ? sum(rate(ebs), rate(store) ?? 0) : rate(ebs);
  return known({
    cpu: scaled(value('CPUUtilization'), vcpus / 100),
    memory: wholeOf(value('mem_used') ?? scaled(value('mem_used_percent'), memory / 100)),
    disk_read: disk('EBSReadBytes', 'DiskReadBytes'),
    disk_write: disk('EBSWriteBytes', 'DiskWriteBytes'),
    net_rx: rate('NetworkIn'),
    net_tx: rate('NetworkOut'),
  });
}

/** Ten digits are more than any source has; they keep 0.1 from being written as 0.30000000000000004's like. */
const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : Number((value * factor).toPrecision(10));

const sum = (left: number | undefined, right: number): number | undefined =>
  left === undefined ? undefined : left + right;

const wholeOf = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value);

function known(values: Readonly<Record<Meter, number | undefined>>): Partial<Record<Meter, number>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
