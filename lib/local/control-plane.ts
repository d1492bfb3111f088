import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import * as ec2Sdk from '@aws-sdk/client-ec2';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { lifecycleHandler } from '../../lambdas/lifecycle/lifecycle.ts';
import { planHandler } from '../../lambdas/plan/plan.ts';
import { replayHandler } from '../../lambdas/replay/replay.ts';
import { settleHandler } from '../../lambdas/settle/settle.ts';
import type { Handler, InvokeContext, Platform } from '../../lambdas/platform/with-platform.ts';
import { documentClient, ec2Client, kinesisClient, stepFunctionsClient } from '../adapters/aws/clients.ts';
import { dynamoLedger } from '../adapters/aws/dynamo-ledger.ts';
import { dynamoShadowStore } from '../adapters/aws/dynamo-shadow-store.ts';
import { ec2InstanceFleet } from '../adapters/aws/ec2-instance-fleet.ts';
import { kinesisTraceStream } from '../adapters/aws/kinesis-trace-stream.ts';
import { stepFunctionsWorkflow } from '../adapters/aws/step-functions-workflow.ts';
import type { PolicySet } from '../core/policy/policy.ts';
import type { Horizon } from '../core/forecast/forecast.ts';
import { DEFAULT_RISK } from '../core/sizing/size.ts';
import { ALLOCATOR_DOCUMENT } from '../infra/allocator-document.ts';
import { resizeWorkflow } from '../infra/resize-workflow.ts';
import type { Clock } from '../ports/clock.ts';
import type { Observer } from '../ports/observer.ts';
import { startDynamo } from './dynamodb.ts';
import { startEc2, type Ec2Options, type LocalEc2 } from './ec2.ts';
import { pollEventSource } from './event-source.ts';
import { startKinesis, type LocalKinesis } from './kinesis.ts';
import { startSsm, type LocalSsm } from './ssm.ts';
import { startStepFunctions } from './step-functions.ts';
import { sdkService } from './step-functions/service-call.ts';

export const STREAM = 'shadowcast-traces';
export const ENROL_TAG = 'shadowcast:enrolled';
const TABLE = 'shadowcast';
const DOCUMENT = 'Shadowcast-Allocate';

export interface ControlPlaneOptions {
  readonly policies: PolicySet;
  readonly horizon: Horizon;
  readonly observer: Observer;
  readonly clock: Clock;
  /** Lines for a person: outages, discards, pages. */
  readonly log: (line: string) => void;
  /** How fast local EC2 instances stop and start; as real ones by default. */
  readonly ec2Delays?: Ec2Options['delays'];
  /** Multiplies the waits of the workflow; 1 by default. */
  readonly waitScale?: number;
  /** Length of the event source's tumbling window; 60 by default, a fifth of the deployed one, so that a short run sees checkpoints. 0: none. */
  readonly windowSeconds?: number;
}

/** What AWS is to Shadowcast, on this machine: the real handlers and the real workflow on local endpoints. */
export interface ControlPlane {
  readonly kinesis: LocalKinesis;
  readonly ssm: LocalSsm;
  /** An instance added to it is seen by the lifecycle function. */
  readonly ec2: LocalEc2;
  /** Records that the event source gave up on. */
  readonly discarded: () => number;
  /** Workflow executions that have not ended. */
  readonly running: () => number;
  /** Finishes the running invocation, checkpoints all shadows, closes every endpoint. */
  readonly stop: () => Promise<void>;
}

/** Starts endpoints first, then functions, then what calls them; stops in the opposite order. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, log, observer } = options;
  const platform: Platform = { logger: new Logger({ serviceName: 'shadowcast', logLevel: 'WARN' }) };
  const kinesis = await startKinesis({ streams: [{ name: STREAM, shards: 1 }] });
  const dynamo = await startDynamo({ tables: [{ name: TABLE, partitionKey: 'pk', sortKey: 'sk' }] });
  const ssm = await startSsm({ documents: { [DOCUMENT]: ALLOCATOR_DOCUMENT }, nodes: [], now: clock.now });
  let onStateChange: (event: unknown) => void = () => undefined;
  const ec2 = await startEc2({
    now: clock.now,
    instances: [],
    ...(options.ec2Delays === undefined ? {} : { delays: options.ec2Delays }),
    onStateChange: (event) => {
      onStateChange(event);
    },
  });

  const documents = documentClient(dynamo.target);
  const ec2Api = ec2Client(ec2.target);
  const ssmApi = new ssmSdk.SSMClient(ssm.target);
  const shadows = dynamoShadowStore(documents, TABLE);
  const ledger = dynamoLedger(documents, TABLE);
  const fleet = ec2InstanceFleet(ec2Api, ENROL_TAG);

  const functions: Readonly<Record<string, Handler<never, unknown>>> = {
    plan: planHandler({ ledger, shadows, fleet, observer, now: clock.now }, platform),
    settle: settleHandler({ ledger, observer }, platform),
  };
  const invoke = async (name: string, payload: unknown): Promise<unknown> => {
    const handler = functions[name];
    if (handler === undefined) throw new RangeError(`function ${name} does not exist here`);
    return handler(payload as never, invokeContext(name));
  };
  const workflows = await startStepFunctions({
    machines: {
      resize: resizeWorkflow({
        planFunction: 'plan',
        settleFunction: 'settle',
        allocatorDocument: DOCUMENT,
        pageTopic: 'pages',
      }),
    },
    invoke,
    services: {
      ec2: sdkService('Ec2', ec2Api, ec2Sdk),
      ssm: sdkService('Ssm', ssmApi, ssmSdk),
      sns: (_operation, { Message }) => {
        log(`PAGE: ${String(Message)}`);
        return Promise.resolve({ MessageId: randomUUID() });
      },
    },
    now: clock.now,
    waitScale: options.waitScale ?? 1,
    // a test validates the definition; here it would cost half a second at each start
    isChecked: true,
  });
  const stepFunctions = stepFunctionsClient(workflows.target);

  const replay = replayHandler(
    {
      shadows,
      workflow: stepFunctionsWorkflow(stepFunctions, workflows.arnOf('resize')),
      observer,
      policies: options.policies,
      horizon: options.horizon,
      risk: { share: DEFAULT_RISK, of: 'shard' },
      now: clock.now,
    },
    platform,
  );
  const lifecycle = lifecycleHandler(
    { fleet, stream: kinesisTraceStream(kinesisClient(kinesis.target), STREAM) },
    platform,
  );
  onStateChange = (event) => {
    lifecycle(event, invokeContext('lifecycle')).catch((error: unknown) => {
      log(`the lifecycle function failed: ${String(error)}`);
    });
  };

  const stopping = new AbortController();
  let discarded = 0;
  const reader = kinesis.client();
  const source = await pollEventSource({
    client: reader,
    stream: STREAM,
    functionName: 'replay',
    invoke: async (event) => replay(event as never, invokeContext('replay')),
    settings: {
      batchSize: 100,
      tumblingWindowS: options.windowSeconds ?? 60,
      maximumRetryAttempts: 3,
      maximumRecordAgeS: 300,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      pollIntervalMs: 200,
    },
    onDiscard: (batch) => {
      discarded += 1;
      log(`records were given up on, as into the failure queue: ${JSON.stringify(batch).slice(0, 300)}`);
    },
    clock,
    signal: stopping.signal,
    endWindowsOnStop: true,
    log,
  });

  return {
    kinesis,
    ssm,
    ec2,
    discarded: () => discarded,
    running: workflows.running,
    stop: async () => {
      stopping.abort();
      await source.done;
      for (const client of [reader, stepFunctions, ssmApi, ec2Api, documents]) client.destroy();
      await Promise.all([workflows.stop(), ssm.stop(), ec2.stop(), dynamo.stop(), kinesis.stop()]);
    },
  };
}

const invokeContext = (name: string): InvokeContext =>
  ({
    awsRequestId: randomUUID(),
    functionName: name,
    functionVersion: '$LATEST',
    memoryLimitInMB: '512',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    getRemainingTimeInMillis: () => 30_000,
  }) as InvokeContext;
