import { z } from 'zod';
import { encodeBatch } from '../../lib/adapters/trace/wire.ts';
import type { LifecycleKind, Primary } from '../../lib/core/trace/frame.ts';
import { Fault } from '../../lib/core/fault.ts';
import type { EpochMs } from '../../lib/core/units.ts';
import type { InstanceFleet } from '../../lib/ports/instance-fleet.ts';
import type { TraceStream } from '../../lib/ports/trace-stream.ts';
import { type Handler, type Platform, withPlatform } from '../platform/with-platform.ts';

export interface LifecycleDeps {
  readonly fleet: InstanceFleet;
  readonly stream: TraceStream;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html */
const stateChange = z.object({
  id: z.string().min(1),
  time: z.iso.datetime().transform((time): EpochMs => Date.parse(time)),
  'detail-type': z.literal('EC2 Instance State-change Notification'),
  detail: z.object({
    'instance-id': z.string().regex(/^i-[0-9a-f]+$/),
    state: z.enum(['pending', 'running', 'shutting-down', 'stopping', 'stopped', 'terminated']),
  }),
});

/** A shadow lives from the first sign of its instance to the first sign of its end; a stopped one is not asked to forecast. */
const KIND_OF_STATE: Readonly<Record<z.infer<typeof stateChange>['detail']['state'], LifecycleKind>> = {
  pending: 'appeared',
  running: 'resumed',
  stopping: 'suspended',
  stopped: 'suspended',
  'shutting-down': 'ended',
  terminated: 'ended',
};

export interface LifecycleResult {
  readonly vm: string;
  readonly kind: LifecycleKind | 'not-enrolled';
}

/**
 * The lifecycle function: an EC2 state change becomes a lifecycle event in the instance's own trace stream, so that one
 * writer, in stream order, creates, suspends, resumes and ends each shadow. The event's id is the batch's epoch: EventBridge
 * may deliver twice.
 */
export function lifecycleHandler(
  { fleet, stream }: LifecycleDeps,
  platform: Platform,
): Handler<unknown, LifecycleResult> {
  return withPlatform(platform, async (event) => {
    const { id, time, detail } = stateChange.parse(event);
    const vm = detail['instance-id'];
    const kind = KIND_OF_STATE[detail.state];
    const primary = kind === 'ended' ? undefined : await fleet.describe(vm);
    if (kind !== 'ended' && primary === undefined) return { vm, kind: 'not-enrolled' };
    await send(stream, { vm, at: time, kind, epoch: `event-${id}`, primary });
    platform.logger.info('lifecycle', { vm, kind });
    return { vm, kind };
  });
}

interface Change {
  readonly vm: string;
  readonly at: EpochMs;
  readonly kind: LifecycleKind;
  readonly epoch: string;
  readonly primary: Primary | undefined;
}

async function send(stream: TraceStream, { vm, at, kind, epoch, primary }: Change): Promise<void> {
  const data = encodeBatch({
    host: vm,
    epoch,
    sequence: 1,
    frames: [],
    events: [{ vm, kind, at }],
    ...(primary === undefined ? {} : { primaries: [primary] }),
  });
  const [taken] = await stream.put([{ host: vm, data }]);
  if (taken !== true) {
    throw new Fault('STREAM_UNAVAILABLE', `the stream did not take the ${kind} event of ${vm}: it is sent again`, {
      retryable: true,
    });
  }
}
