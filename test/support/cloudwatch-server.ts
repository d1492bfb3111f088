import { z } from 'zod';
import type { AwsTarget } from '../../lib/adapters/aws/clients.ts';
import { openJsonService, operation, ServiceError } from '../../lib/local/json-service.ts';
import { bodyOf, openListener, type Listener } from '../../lib/local/listener.ts';
import { localTarget } from '../../lib/local/target.ts';

/** A metric as it was put, with its value in the period of 5 minutes that begins at a time in ms; undefined is no point. */
export interface PublishedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly valueAt: (at: number) => number | undefined;
}

/** What can be made to go wrong, while it runs. */
export interface CloudWatchFaults {
  /** How many of the next GetMetricData calls are refused with Throttling. */
  throttled: number;
  /** GetMetricData answers this many more calls, then the connection breaks; Infinity is no fault. */
  answersLeft: number;
  /** Whether every call is refused for want of permission. */
  forbidden: boolean;
}

export interface CloudWatchServer {
  readonly target: AwsTarget;
  readonly faults: CloudWatchFaults;
  /** GetMetricData inputs that were answered. */
  readonly asked: readonly { readonly queries: number; readonly token: string | undefined }[];
  readonly stop: () => Promise<void>;
}

const STEP = 300_000;
const DAY = 86_400_000;
/** Metrics on a page of ListMetrics; the real ones have 500. */
const LISTED = 100;

const dimensionsSchema = z.array(z.object({ Name: z.string(), Value: z.string().optional() }));
const metricDataSchema = z.object({
  MetricDataQueries: z
    .array(
      z.object({
        Id: z.string().regex(/^[a-z]\w*$/),
        ReturnData: z.boolean().optional(),
        MetricStat: z.object({
          Metric: z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensionsSchema }),
          Period: z.int().multipleOf(60),
          Stat: z.enum(['Average', 'Sum']),
        }),
      }),
    )
    .max(500),
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.literal('TimestampAscending'),
  MaxDatapoints: z.int().max(100_800),
  NextToken: z.string().optional(),
});
const listMetricsSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: dimensionsSchema,
  NextToken: z.string().optional(),
});

/**
 * CloudWatch's GetMetricData and ListMetrics in the protocol of the SDK (AWS JSON 1.0), with the real limits: 500 metrics, pages that end
 * in the middle of a metric, retention by period. `pagePoints` makes pages smaller than the real 100,800. Other calls go to
 * `ec2`, so that one endpoint serves both. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
 */
export async function startCloudWatch(
  metrics: readonly PublishedMetric[],
  {
    ec2,
    now,
    pagePoints = 100_800,
  }: { readonly ec2: string; readonly now: () => number; readonly pagePoints?: number },
): Promise<CloudWatchServer> {
  const faults: CloudWatchFaults = { throttled: 0, answersLeft: Infinity, forbidden: false };
  const asked: { queries: number; token: string | undefined }[] = [];
  const refuse = (): void => {
    if (faults.forbidden) throw new ServiceError('AccessDenied', 'User is not authorized', 403);
    if (faults.throttled <= 0) return;
    faults.throttled -= 1;
    throw new ServiceError('Throttling', 'Rate exceeded', 400);
  };
  const json = await openJsonService({
    target: 'GraniteServiceVersion20100801',
    version: '1.0',
    operations: {
      GetMetricData: operation(metricDataSchema, (input) => {
        refuse();
        asked.push({ queries: input.MetricDataQueries.length, token: input.NextToken });
        return metricData(metrics, input, { now: now(), pagePoints });
      }),
      ListMetrics: operation(listMetricsSchema, (input) => {
        refuse();
        return listed(metrics, input);
      }),
    },
  });
  const front = await openFront({ json, ec2, faults });
  return {
    target: localTarget(front.endpoint),
    faults,
    asked,
    stop: async () => {
      await front.stop();
      await json.stop();
    },
  };
}

function openFront({
  json,
  ec2,
  faults,
}: {
  json: Listener;
  ec2: string;
  faults: CloudWatchFaults;
}): Promise<Listener> {
  return openListener((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const target = request.headers['x-amz-target'];
      if (target?.includes('GetMetricData') === true) faults.answersLeft -= 1;
      if (faults.answersLeft < 0) {
        response.destroy();
        return;
      }
      const headers = {
        'content-type': request.headers['content-type'] ?? '',
        ...(target !== undefined && { 'x-amz-target': String(target) }),
      };
      const to = target === undefined ? ec2 : json.endpoint;
      const answer = await fetch(to, { method: 'POST', headers, body: new Uint8Array(body ?? []) });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(new Uint8Array(await answer.arrayBuffer()));
    })();
  });
}

interface Result {
  readonly Id: string;
  readonly Label: string;
  readonly Timestamps: number[];
  readonly Values: number[];
  StatusCode: 'Complete' | 'PartialData';
}

function metricData(
  metrics: readonly PublishedMetric[],
  input: z.infer<typeof metricDataSchema>,
  { now, pagePoints }: { now: number; pagePoints: number },
): unknown {
  let skip = Number(input.NextToken ?? 0);
  let room = Math.min(pagePoints, input.MaxDatapoints);
  const results: Result[] = [];
  for (const { Id, MetricStat } of input.MetricDataQueries) {
    const points = pointsOf(metrics, MetricStat, { ...input, now });
    const shown = points.slice(skip, skip + room);
    const isWhole = skip + shown.length >= points.length;
    if (skip < points.length || points.length === 0) {
      results.push({
        Id,
        Label: MetricStat.Metric.MetricName,
        Timestamps: shown.map(([at]) => at / 1000),
        Values: shown.map(([, value]) => value),
        StatusCode: isWhole ? 'Complete' : 'PartialData',
      });
    }
    skip = Math.max(0, skip - points.length);
    room -= shown.length;
    if (!isWhole || room === 0) {
      const token = Number(input.NextToken ?? 0) + Math.min(pagePoints, input.MaxDatapoints);
      return { MetricDataResults: results, NextToken: String(token) };
    }
  }
  return { MetricDataResults: results };
}

function pointsOf(
  metrics: readonly PublishedMetric[],
  { Metric, Period, Stat }: z.infer<typeof metricDataSchema>['MetricDataQueries'][number]['MetricStat'],
  { StartTime, EndTime, now }: { StartTime: number; EndTime: number; now: number },
): [at: number, value: number][] {
  const metric = metrics.find((one) => isOf(one, Metric));
  if (metric === undefined) return [];
  const period = Period * 1000;
  const kept = now - (Period < 300 ? 15 : Period < 3600 ? 63 : 455) * DAY;
  const points: [number, number][] = [];
  for (let at = Math.floor((StartTime * 1000) / period) * period; at < EndTime * 1000; at += period) {
    const values = Array.from({ length: Math.max(1, period / STEP) }, (_, index) => metric.valueAt(at + index * STEP));
    const known = values.filter((value) => value !== undefined);
    const sum = known.reduce((total, value) => total + value, 0);
    if (known.length > 0 && at >= kept) points.push([at, Stat === 'Sum' ? sum : sum / known.length]);
  }
  return points;
}

const isOf = (
  metric: PublishedMetric,
  {
    Namespace,
    MetricName,
    Dimensions,
  }: { Namespace: string; MetricName: string; Dimensions: z.infer<typeof dimensionsSchema> },
): boolean =>
  metric.namespace === Namespace &&
  metric.name === MetricName &&
  Object.keys(metric.dimensions).length === Dimensions.length &&
  Dimensions.every(({ Name, Value }) => metric.dimensions[Name] === Value);

function listed(metrics: readonly PublishedMetric[], input: z.infer<typeof listMetricsSchema>): unknown {
  const matching = metrics.filter(
    ({ namespace, name, dimensions }) =>
      namespace === input.Namespace &&
      name === input.MetricName &&
      input.Dimensions.every(({ Name, Value }) =>
        Value === undefined ? Name in dimensions : dimensions[Name] === Value,
      ),
  );
  const start = Number(input.NextToken ?? 0);
  const page = matching.slice(start, start + LISTED);
  return {
    Metrics: page.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(start + LISTED < matching.length && { NextToken: String(start + LISTED) }),
  };
}
