import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Alarm as CloudWatchAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { metricCount } from './metrics.ts';

export interface AlarmsProps {
  readonly pages: ITopic;
  readonly replay: IFunction;
  readonly replayFailures: IQueue;
  readonly lifecycleFailures: IQueue;
  readonly workflow: IStateMachine;
}

/** What an alarm watches: it rings at the first of `of` periods in which the metric is at least `atLeast`. */
interface Watch {
  readonly metric: IMetric;
  readonly atLeast: number;
  readonly of?: number;
  readonly says: string;
}

/** Everything that a person must hear of. No data is no alarm: an idle fleet is healthy. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const action = new SnsAction(props.pages);
    this.all = Object.entries(watchesOf(props)).map(([name, { metric, atLeast, of, says }]) => {
      const alarm = new CloudWatchAlarm(this, name, {
        metric,
        threshold: atLeast,
        evaluationPeriods: of ?? 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        alarmDescription: says,
      });
      alarm.addAlarmAction(action);
      return alarm;
    });
  }
}

function watchesOf({
  replay,
  replayFailures,
  lifecycleFailures,
  workflow,
}: AlarmsProps): Readonly<Record<string, Watch>> {
  const period = Duration.minutes(1);
  const depth = (queue: IQueue): IMetric =>
    queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM });
  return {
    // A forecast looks 5 s ahead: shadows that lag by 10 s decide about the past.
    IteratorAgeMs: {
      metric: replay.metric('IteratorAge', { period, statistic: Stats.MAXIMUM }),
      atLeast: 10_000,
      of: 3,
      says: 'shadows lag behind their primaries by 10 s or more: add shards, or look for records that fail again and again',
    },
    ReplayErrors: {
      metric: replay.metricErrors({ period }),
      atLeast: 1,
      of: 3,
      says: 'the replay function fails: read its log',
    },
    ReplayThrottles: {
      metric: replay.metricThrottles({ period }),
      atLeast: 1,
      of: 3,
      says: "the replay function is throttled: raise the account's concurrency",
    },
    ReplayFailures: {
      metric: depth(replayFailures),
      atLeast: 1,
      says: 'records were given up: the messages in the failure queue name shard and sequence numbers',
    },
    LifecycleFailures: {
      metric: depth(lifecycleFailures),
      atLeast: 1,
      says: 'EC2 state changes were given up: shadows of ended instances may be left',
    },
    ExecutionsFailed: {
      metric: workflow.metricFailed({ period }),
      atLeast: 1,
      says: 'a resize ended without a recorded outcome: look at the execution, then at the VM',
    },
    PlansFailed: {
      metric: metricCount('settle', 'PlansFailed'),
      atLeast: 1,
      says: 'a plan failed: the ledger has the reason',
    },
  };
}
