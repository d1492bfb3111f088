import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { Acting } from './acting.ts';
import { Alarms } from './alarms.ts';
import type { InfraConfig } from './config.ts';
import { Dashboard } from './dashboard.ts';
import { Hosts } from './hosts.ts';
import { IsolatedNetwork } from './isolated-network.ts';
import { Lifecycle } from './lifecycle.ts';
import { Pages } from './pages.ts';
import { Replay } from './replay.ts';
import { ShadowStore } from './shadow-store.ts';
import { Stream } from './stream.ts';

export interface ShadowcastStackProps extends StackProps {
  readonly config: InfraConfig;
}

/** The whole control plane of one account and region. Construct ids are a contract: a rename replaces resources. */
export class ShadowcastStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: ShadowcastStackProps) {
    super(scope, id, props);
    const key = new Key(this, 'Key', {
      description: 'Shadowcast: traces, shadows, pages',
      enableKeyRotation: true,
      removalPolicy: config.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const network = config.isolated ? new IsolatedNetwork(this, 'Network').functions : undefined;
    const { stream, agentPolicy } = new Stream(this, 'Stream', { shards: config.shards, key });
    const { table } = new ShadowStore(this, 'ShadowStore', { key, retain: config.retain });
    const pages = new Pages(this, 'Pages', { key, email: config.alarmEmail }).topic;
    const { workflow } = new Acting(this, 'Acting', { table, pages, enrolTag: config.enrolTag, network });
    const replay = new Replay(this, 'Replay', {
      stream,
      table,
      workflow,
      policyFile: config.policies,
      window: Duration.seconds(config.windowSeconds),
      lead: Duration.millis(config.leadMs),
      hold: Duration.millis(config.holdMs),
      risk: config.risk,
      riskOf: config.riskOf,
      network,
    });
    const lifecycle = new Lifecycle(this, 'Lifecycle', { stream, key, enrolTag: config.enrolTag, network });
    const alarms = new Alarms(this, 'Alarms', {
      pages,
      replay: replay.handler,
      replayFailures: replay.failures,
      lifecycleFailures: lifecycle.failures,
      workflow,
    });
    new Dashboard(this, 'Dashboard', { stream, table, replay: replay.handler, workflow, alarms: alarms.all });
    new Hosts(this, 'Hosts', { agentPolicy });
  }
}
