import { documentClient } from '../../lib/adapters/aws/clients.ts';
import { dynamoLedger } from '../../lib/adapters/aws/dynamo-ledger.ts';
import { envOf, tableEnv } from '../platform/env.ts';
import { metricsObserver } from '../platform/metrics-observer.ts';
import { platformOfEnv } from '../platform/with-platform.ts';
import { settleHandler } from './settle.ts';

const env = envOf(tableEnv);
const platform = platformOfEnv();

export const handler = settleHandler(
  { ledger: dynamoLedger(documentClient(), env.SHADOW_TABLE), observer: metricsObserver(platform.metrics) },
  platform,
);
