import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { metricCount, metricPlansRefused, metricSampleToEffectMs } from './metrics.ts';

export interface DashboardProps {
  readonly stream: IStream;
  readonly table: ITable;
  readonly replay: IFunction;
  readonly workflow: IStateMachine;
  readonly alarms: readonly IAlarm[];
}

const period = Duration.minutes(1);
const graph = (title: string, left: IMetric[], right: IMetric[] = []): GraphWidget =>
  new GraphWidget({ title, left, right, width: 8, height: 6, period });

/** The path from left to right, one row for each question: does it run, what does it decide, what does it cost. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const dashboard = new CloudWatchDashboard(this, 'Fleet', { defaultInterval: Duration.hours(3) });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: 24, height: 3 }));
    dashboard.addWidgets(...decisions());
    dashboard.addWidgets(...path(props));
    dashboard.addWidgets(...platform(props));
    const { region } = Stack.of(this);
    new CfnOutput(this, 'Url', {
      value: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`,
    });
  }
}

const decisions = (): GraphWidget[] => [
  graph('Frames and forecasts', [
    metricCount('replay', 'FramesApplied'),
    metricCount('replay', 'FramesDropped'),
    metricCount('replay', 'Forecasts'),
  ]),
  graph('Plans', [
    metricCount('replay', 'PlansStarted'),
    metricCount('settle', 'PlansApplied'),
    metricPlansRefused(),
    metricCount('settle', 'PlansRolledBack'),
    metricCount('settle', 'PlansFailed'),
  ]),
  graph('Sample to allocation in force, ms', [metricSampleToEffectMs(50), metricSampleToEffectMs(99)]),
];

const path = ({ stream, replay, workflow }: DashboardProps): GraphWidget[] => [
  graph(
    'Trace stream',
    [stream.metricIncomingBytes({ period })],
    [stream.metricWriteProvisionedThroughputExceeded({ period })],
  ),
  graph(
    'Replay',
    [
      replay.metricDuration({ period, statistic: Stats.percentile(99) }),
      replay.metric('IteratorAge', { period, statistic: Stats.MAXIMUM }),
    ],
    [replay.metricErrors({ period }), replay.metricThrottles({ period })],
  ),
  graph(
    'Workflow',
    [workflow.metricStarted({ period }), workflow.metricSucceeded({ period }), workflow.metricFailed({ period })],
    [workflow.metricTime({ period, statistic: Stats.percentile(99) })],
  ),
];

const platform = ({ table, replay }: DashboardProps): GraphWidget[] => [
  graph(
    'Table',
    [table.metricConsumedReadCapacityUnits({ period }), table.metricConsumedWriteCapacityUnits({ period })],
    [table.metricUserErrors({ period })],
  ),
  graph('Replay invocations', [replay.metricInvocations({ period })]),
];
