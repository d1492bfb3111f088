import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { decodeBatch } from '../../lib/adapters/trace/wire.ts';
import { messageOf } from '../../lib/core/fault.ts';
import type { Horizon } from '../../lib/core/forecast/forecast.ts';
import type { PolicySet } from '../../lib/core/policy/policy.ts';
import type { Plan } from '../../lib/core/plan/plan.ts';
import type { Shadow, ShadowMemory } from '../../lib/core/shadow/shadow.ts';
import type { EpochMs, VmId } from '../../lib/core/units.ts';
import type { Observer } from '../../lib/ports/observer.ts';
import type { ShadowStore } from '../../lib/ports/shadow-store.ts';
import type { Workflow } from '../../lib/ports/workflow.ts';
import { type Platform, withPlatform, type Handler } from '../platform/with-platform.ts';
import { applyBatch, type Moved } from './apply.ts';
import { noteStarted, react } from './react.ts';
import { Window, type ReplayRisk, type WindowState } from './window.ts';

export interface ReplayDeps {
  readonly shadows: ShadowStore;
  readonly workflow: Workflow;
  readonly observer: Observer;
  readonly policies: PolicySet;
  readonly horizon: Horizon;
  readonly risk: ReplayRisk;
  readonly now: () => EpochMs;
}

/** The Kinesis event as Lambda sends it; the window's fields are there when the event source has a tumbling window. */
export interface ReplayEvent {
  readonly Records: readonly ReplayRecord[];
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: WindowState;
  readonly isFinalInvokeForWindow?: boolean;
}

interface ReplayRecord {
  readonly kinesis: { readonly data: string; readonly partitionKey: string; readonly sequenceNumber: string };
}

export interface ReplayResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
  readonly state: WindowState;
}

type Taken = Map<VmId, Moved>;

/**
 * The replay function: records in, shadows moved, plans started. Records that fail (damaged ones for ever, a store that
 * does not answer for now) are reported one by one; Lambda resumes from the lowest of them, and the ones after it are
 * then duplicates to their shadows. With a tumbling window the shadows ride in its state and reach the store at its end;
 * without one they are written after each batch.
 */
export function replayHandler(deps: ReplayDeps, platform: Platform): Handler<ReplayEvent, ReplayResult> {
  return withPlatform(platform, async (event) => {
    const window = new Window(deps.shadows, event.state ?? {}, deps.risk);
    const taken: Taken = new Map();
    const batchItemFailures = await applyRecords(deps, event, { window, taken });
    await reactAll(deps, platform, taken);
    for (const [image, because] of window.withoutElder) {
      platform.logger.warn('an image goes without its elder', { image, because });
    }
    if (event.window !== undefined && event.isFinalInvokeForWindow !== true) {
      return { batchItemFailures, state: await window.state() };
    }
    const overtaken = await window.checkpoint();
    if (overtaken.length > 0) platform.logger.warn('shadows were checkpointed by another writer', { overtaken });
    return { batchItemFailures, state: {} };
  });
}

async function applyRecords(
  deps: ReplayDeps,
  event: ReplayEvent,
  { window, taken }: { readonly window: Window; readonly taken: Taken },
): Promise<ReplayResult['batchItemFailures']> {
  if (event.Records.length === 0) return [];
  const processor = new BatchProcessor(EventType.KinesisDataStreams);
  const apply = async ({ kinesis }: ReplayRecord): Promise<void> => {
    const batch = decodeBatch(Buffer.from(kinesis.data, 'base64'));
    const applied = await applyBatch({ window, horizon: deps.horizon, observer: deps.observer }, batch);
    for (const [vm, entry] of applied) taken.set(vm, entry);
    for (const { vm, kind } of batch.events ?? []) if (kind === 'ended') taken.delete(vm);
  };
  const response = await processPartialResponse({ Records: [...event.Records] }, apply as never, processor, {
    processInParallel: false,
    throwOnFullBatchFailure: false,
  });
  return response.batchItemFailures;
}

async function reactAll(deps: ReplayDeps, platform: Platform, taken: Taken): Promise<void> {
  const started: Promise<void>[] = [];
  for (const moved of taken.values()) {
    const { shadow } = moved;
    const before = shadow.memory;
    const plan = react({ policies: deps.policies, observer: deps.observer, now: deps.now() }, moved);
    if (plan !== undefined) started.push(start(deps, platform, { shadow, plan, before }));
  }
  await Promise.all(started);
}

interface Starting {
  readonly shadow: Shadow;
  readonly plan: Plan;
  /** The shadow's memory before the decision: without the cooldown that it began. */
  readonly before: ShadowMemory;
}

/** A plan that cannot be started now is made again from the next frame: a second later, and fresher. */
async function start(deps: ReplayDeps, { logger }: Platform, { shadow, plan, before }: Starting): Promise<void> {
  try {
    if (await deps.workflow.start(plan)) deps.observer.planned(plan);
    noteStarted(shadow, plan, deps.now());
  } catch (error) {
    shadow.memory = before;
    logger.warn('a plan could not be started', { planId: plan.id, vm: plan.vm, because: messageOf(error) });
  }
}
