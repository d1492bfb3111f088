import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { documentClient, stepFunctionsClient } from '../../lib/adapters/aws/clients.ts';
import { dynamoShadowStore } from '../../lib/adapters/aws/dynamo-shadow-store.ts';
import { stepFunctionsWorkflow } from '../../lib/adapters/aws/step-functions-workflow.ts';
import { readPolicies } from '../../lib/adapters/policy/read-policies.ts';
import { DEFAULT_RISK } from '../../lib/core/sizing/size.ts';
import { envOf, tableEnv } from '../platform/env.ts';
import { metricsObserver } from '../platform/metrics-observer.ts';
import { platformOfEnv } from '../platform/with-platform.ts';
import { replayHandler } from './replay.ts';

const env = envOf({
  ...tableEnv,
  WORKFLOW_ARN: z.string().min(1),
  POLICY_FILE: z.string().min(1),
  LEAD_MS: z.coerce.number().int().positive().default(5_000),
  HOLD_MS: z.coerce.number().int().positive().default(5_000),
  RISK: z.coerce.number().gt(0).lt(1).default(DEFAULT_RISK),
  RISK_OF: z.enum(['shard', 'vm']).default('shard'),
});
const platform = platformOfEnv();

export const handler = replayHandler(
  {
    shadows: dynamoShadowStore(documentClient(), env.SHADOW_TABLE),
    workflow: stepFunctionsWorkflow(stepFunctionsClient(), env.WORKFLOW_ARN),
    observer: metricsObserver(platform.metrics),
    policies: readPolicies(readFileSync(env.POLICY_FILE, 'utf8'), env.POLICY_FILE),
    horizon: { lead: env.LEAD_MS, hold: env.HOLD_MS },
    risk: { share: env.RISK, of: env.RISK_OF },
    now: Date.now,
  },
  platform,
);
