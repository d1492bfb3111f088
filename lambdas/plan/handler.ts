import { documentClient, ec2Client } from '../../lib/adapters/aws/clients.ts';
import { dynamoLedger } from '../../lib/adapters/aws/dynamo-ledger.ts';
import { dynamoShadowStore } from '../../lib/adapters/aws/dynamo-shadow-store.ts';
import { ec2InstanceFleet } from '../../lib/adapters/aws/ec2-instance-fleet.ts';
import { enrolEnv, envOf, tableEnv } from '../platform/env.ts';
import { metricsObserver } from '../platform/metrics-observer.ts';
import { platformOfEnv } from '../platform/with-platform.ts';
import { planHandler } from './plan.ts';

const env = envOf({ ...tableEnv, ...enrolEnv });
const client = documentClient();
const platform = platformOfEnv();

export const handler = planHandler(
  {
    ledger: dynamoLedger(client, env.SHADOW_TABLE),
    shadows: dynamoShadowStore(client, env.SHADOW_TABLE),
    fleet: ec2InstanceFleet(ec2Client(), env.ENROL_TAG),
    observer: metricsObserver(platform.metrics),
    now: Date.now,
  },
  platform,
);
