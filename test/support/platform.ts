import { Logger } from '@aws-lambda-powertools/logger';
import type { InvokeContext, Platform } from '../../lambdas/platform/with-platform.ts';
import type { Observer } from '../../lib/ports/observer.ts';

/** A platform that prints nothing. */
export const aQuietPlatform = (): Platform => ({
  logger: new Logger({ logLevel: 'SILENT' }),
});

/** The context of one invocation. */
export const aContext = (): InvokeContext =>
  ({
    awsRequestId: 'request-1',
    functionName: 'test',
    functionVersion: '$LATEST',
    memoryLimitInMB: '512',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
    getRemainingTimeInMillis: () => 30_000,
  }) as InvokeContext;

/** An observer that keeps what it was told. */
export const aWitness = (): Observer & { readonly calls: Record<keyof Observer, unknown[]> } => {
  const calls: Record<keyof Observer, unknown[]> = {
    applied: [],
    observed: [],
    dropped: [],
    lifecycle: [],
    planned: [],
    ended: [],
  };
  return {
    calls,
    applied: (_host, frame) => calls.applied.push(frame),
    observed: (observation) => calls.observed.push(observation),
    dropped: (_host, frame, reason) => calls.dropped.push({ frame, reason }),
    lifecycle: (event) => calls.lifecycle.push(event),
    planned: (plan) => calls.planned.push(plan),
    ended: (_plan, outcome) => calls.ended.push(outcome),
  };
};
