import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Observer } from '../../lib/ports/observer.ts';

/**
 * The path as CloudWatch metrics in embedded metric format. Dimensions are bounded: none of them names a VM, because
 * per-VM custom metrics would cost more than all the rest together (see docs/metrics.md).
 */
export function metricsObserver(metrics: Metrics): Observer {
  const count = (name: string): void => {
    metrics.addMetric(name, MetricUnit.Count, 1);
  };
  return {
    applied: () => {
      count('FramesApplied');
    },
    observed: ({ decision }) => {
      count('Forecasts');
      if (decision.meters.some(({ kind }) => kind === 'resize')) count('Triggers');
    },
    dropped: () => {
      count('FramesDropped');
    },
    lifecycle: () => {
      count('LifecycleEvents');
    },
    planned: () => {
      count('PlansStarted');
    },
    ended: (plan, outcome) => {
      count(
        `Plans${{ applied: 'Applied', refused: 'Refused', 'rolled-back': 'RolledBack', failed: 'Failed' }[outcome.state]}`,
      );
      if (outcome.inForceAt !== undefined) {
        metrics.addMetric('SampleToEffectMs', MetricUnit.Milliseconds, outcome.inForceAt - plan.sampledAt);
      }
    },
  };
}
