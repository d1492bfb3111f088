import { Shadow } from '../../lib/core/shadow/shadow.ts';
import type { Batch, Frame, LifecycleEvent, Primary } from '../../lib/core/trace/frame.ts';
import type { Horizon } from '../../lib/core/forecast/forecast.ts';
import type { EpochMs, VmId } from '../../lib/core/units.ts';
import type { DropReason, Observer } from '../../lib/ports/observer.ts';
import type { EndedShadow } from '../../lib/ports/shadow-store.ts';
import type { Window } from './window.ts';

export interface ApplyDeps {
  readonly window: Window;
  readonly horizon: Horizon;
  readonly observer: Observer;
}

/**
 * Brings one batch into the shadows: descriptions and lives first, then frames. Applying it again changes nothing, and a
 * batch that failed half-way is completed by applying it again. Returns the shadow of each VM that took a frame, with the
 * frame it took last.
 */
export async function applyBatch(
  deps: ApplyDeps,
  batch: Batch,
): Promise<ReadonlyMap<VmId, { shadow: Shadow; frame: Frame }>> {
  const events = batch.events ?? [];
  for (const primary of batch.primaries ?? []) await describe(deps, batch, primary);
  for (const event of events) await live(deps, batch, event);
  const taken = new Map<VmId, { shadow: Shadow; frame: Frame }>();
  for (const frame of batch.frames) {
    const shadow = await applyFrame(deps, batch, frame);
    if (shadow !== undefined) taken.set(frame.vm, { shadow, frame });
  }
  for (const { vm, kind } of events) if (kind === 'ended') taken.delete(vm);
  return taken;
}

/** A VM that has ended comes back only by an appearance after its end; frames that were late on the way do not revive it. */
async function describe({ window, horizon }: ApplyDeps, batch: Batch, primary: Primary): Promise<void> {
  const found = await window.find(primary.vm);
  const appeared = batch.events?.find(({ vm, kind }) => vm === primary.vm && kind === 'appeared');
  if (found instanceof Shadow) {
    if (found.host === batch.host) found.describe(joined(found.primary, primary));
    return;
  }
  if (found !== undefined && (appeared === undefined || appeared.at <= found.endedAt)) return;
  const at = firstSignOfLife(batch, primary.vm);
  if (at !== undefined) window.add(Shadow.create(primary, batch.host, horizon, at));
}

/** An instance that was enrolled while it was stopped is first heard of when it is resumed. */
function firstSignOfLife({ events, frames }: Batch, id: VmId): EpochMs | undefined {
  const event = events?.find(({ vm, kind }) => vm === id && kind !== 'ended');
  return event?.at ?? frames.find(({ vm }) => vm === id)?.at;
}

/** A guest's agent describes itself without knowing who can resize it: that must not hide what EC2 said. */
const joined = (known: Primary, newer: Primary): Primary =>
  newer.actuator === 'none' && known.actuator !== 'none' ? { ...newer, ...known } : newer;

async function live({ window, observer }: ApplyDeps, batch: Batch, event: LifecycleEvent): Promise<void> {
  const shadow = await window.find(event.vm);
  if (!(shadow instanceof Shadow) || shadow.host !== batch.host || event.at < shadow.lifeAt) return;
  if (event.kind === 'ended') await window.end(event.vm, event.at);
  else shadow.lifecycle(event);
  observer.lifecycle(event);
}

async function applyFrame(deps: ApplyDeps, batch: Batch, frame: Frame): Promise<Shadow | undefined> {
  const { window, horizon, observer } = deps;
  const found = await window.find(frame.vm);
  const shadow = found ?? Shadow.create(unnamed(frame.vm), batch.host, horizon, frame.at - frame.interval);
  const reason = reasonToDrop(shadow, batch);
  if (reason === undefined && shadow instanceof Shadow && shadow.apply(batch, frame) !== 'duplicate') {
    if (found === undefined) window.add(shadow);
    observer.applied(batch.host, frame);
    return shadow;
  }
  observer.dropped(batch.host, frame, reason ?? 'duplicate');
  return undefined;
}

function reasonToDrop(shadow: Shadow | EndedShadow, batch: Batch): DropReason | undefined {
  if (!(shadow instanceof Shadow)) return 'ended';
  return shadow.host === batch.host ? undefined : 'foreign';
}

/** Until its host describes it (it does so every minute), a VM can only be watched. */
const unnamed = (vm: VmId): Primary => ({ vm, name: vm, actuator: 'none' });
