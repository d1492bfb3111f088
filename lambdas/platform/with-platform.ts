import middy from '@middy/core';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';

/** What every handler is given; made once for each process. */
export interface Platform {
  readonly logger: Logger;
  /** Absent where nobody reads embedded metrics, as on a laptop. */
  readonly metrics?: Metrics;
}

/** Service name and namespace come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_METRICS_NAMESPACE. */
export function platformOfEnv(): Required<Platform> {
  const logger = new Logger();
  // An invocation without a metric of ours (a plan that is claimed) is the rule, not worth a warning.
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: logger.error.bind(logger) };
  return { logger, metrics: new Metrics({ logger: quiet }) };
}

const ignore = (): void => undefined;

/** The part of the Lambda context that handlers here may rely on. */
export interface InvokeContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis: () => number;
}

/** A handler as Lambda, the local control plane and the tests call it. */
export type Handler<Event, Result> = (event: Event, context: InvokeContext) => Promise<Result>;

/** The one middleware stack: before-hooks run top to bottom, after- and error-hooks bottom to top. */
export function withPlatform<Event, Result>(
  { logger, metrics }: Platform,
  handle: (event: Event, context: InvokeContext) => Promise<Result>,
): Handler<Event, Result> {
  const stack = middy<Event, Result>().use(injectLambdaContext(logger, { resetKeys: true }));
  if (metrics !== undefined) stack.use(logMetrics(metrics, { captureColdStartMetric: true }));
  return stack.handler(handle as never) as Handler<Event, Result>;
}
