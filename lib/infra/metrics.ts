import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

/** Counts that each service's handler emits (`lambdas/platform/metrics-observer.ts`). */
interface Counts {
  readonly replay: 'FramesApplied' | 'FramesDropped' | 'Forecasts' | 'Triggers' | 'PlansStarted';
  readonly plan: 'PlansRefused';
  readonly settle: 'PlansApplied' | 'PlansRefused' | 'PlansRolledBack' | 'PlansFailed';
}

const period = Duration.minutes(1);
const namespace = 'Shadowcast';

/** A count of one service, summed over a minute. */
export const metricCount = <Service extends keyof Counts>(service: Service, metricName: Counts[Service]): Metric =>
  new Metric({ namespace, metricName, dimensionsMap: { service }, statistic: Stats.SUM, period });

/** Sample to allocation in force in milliseconds, at a percentile from 0 to 100. */
export const metricSampleToEffectMs = (percentile: number): Metric =>
  new Metric({
    namespace,
    metricName: 'SampleToEffectMs',
    dimensionsMap: { service: 'settle' },
    statistic: Stats.percentile(percentile),
    period,
    label: `p${percentile}`,
  });

/** Plans that the plan function or a host refused. */
export const metricPlansRefused = (): IMetric =>
  new MathExpression({
    expression: 'FILL(before, 0) + FILL(by_host, 0)',
    usingMetrics: { before: metricCount('plan', 'PlansRefused'), by_host: metricCount('settle', 'PlansRefused') },
    period,
    label: 'PlansRefused',
  });
