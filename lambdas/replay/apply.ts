import { demandOf } from '../../lib/core/demand/demand.ts';
import { METERS, type Meter, type PerMeter } from '../../lib/core/meter.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';
import type { Recommendation } from '../../lib/core/sizing/recommendation.ts';
import type { Batch, Frame, LifecycleEvent, Primary } from '../../lib/core/trace/frame.ts';
import type { Horizon } from '../../lib/core/forecast/forecast.ts';
import type { EpochMs, VmId } from '../../lib/core/units.ts';
import type { Observer } from '../../lib/ports/observer.ts';
import type { EndedShadow } from '../../lib/ports/shadow-store.ts';
import type { Live, Window } from './window.ts';

export interface ApplyDeps {
  readonly window: Window;
  readonly horizon: Horizon;
  readonly observer: Observer;
}

/** A shadow that has moved on, by which frame, and the size for the window ahead of it. */
export interface Moved {
  readonly shadow: Shadow;
  readonly frame: Frame;
  readonly recommendation: Recommendation;
}

/**
 * Brings one batch into the shadows: descriptions and lives first, then frames. Applying it again changes nothing, and a
 * batch that failed half-way is completed by applying it again. Returns each VM whose shadow moved on, as of its newest frame.
 */
export async function applyBatch(deps: ApplyDeps, batch: Batch): Promise<ReadonlyMap<VmId, Moved>> {
  const events = batch.events ?? [];
  for (const primary of batch.primaries ?? []) await describe(deps, batch, primary);
  for (const event of events) await live(deps, batch, event);
  const moved = new Map<VmId, Moved>();
  for (const frame of batch.frames) {
    const one = await applyFrame(deps, batch, frame);
    if (one !== undefined) moved.set(frame.vm, one);
  }
  for (const { vm, kind } of events) if (kind === 'ended') moved.delete(vm);
  return moved;
}

/** A VM that has ended comes back only by an appearance after its end; frames that were late on the way do not revive it. */
async function describe({ window, horizon }: ApplyDeps, batch: Batch, primary: Primary): Promise<void> {
  const found = await window.find(primary.vm);
  const appeared = batch.events?.find(({ vm, kind }) => vm === primary.vm && kind === 'appeared');
  if (isLive(found)) {
    const { shadow } = found;
    if (shadow.host === batch.host) shadow.describe(joined(shadow.primary, primary));
    return;
  }
  if (found !== undefined && (appeared === undefined || appeared.at <= found.endedAt)) return;
  const at = firstSignOfLife(batch, primary.vm);
  if (at !== undefined) await window.begin(primary, { host: batch.host, horizon, at });
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
  const found = await window.find(event.vm);
  if (!isLive(found)) return;
  const { shadow } = found;
  if (shadow.host !== batch.host || event.at < shadow.lifeAt) return;
  if (event.kind === 'ended') await window.end(event.vm, event.at);
  else shadow.lifecycle(event);
  observer.lifecycle(event);
}

async function applyFrame(deps: ApplyDeps, batch: Batch, frame: Frame): Promise<Moved | undefined> {
  const { window, horizon, observer } = deps;
  const found = await window.find(frame.vm);
  const live = isLive(found) ? found : undefined;
  const shadow = live?.shadow ?? Shadow.create(unnamed(frame.vm), batch.host, horizon, frame.at - frame.interval);
  const isEnded = found !== undefined && live === undefined;
  const outcome = isEnded ? 'ended' : shadow.host === batch.host ? shadow.apply(batch, frame) : 'foreign';
  if (outcome !== 'applied' && outcome !== 'late') {
    observer.dropped(batch.host, frame, outcome);
    return undefined;
  }
  const now = live ?? window.add(shadow);
  observer.applied(batch.host, frame);
  await window.teach(now);
  return outcome === 'late' ? undefined : moved(now, frame);
}

/** Sizes after every frame, also those of which only the last is acted on: what became of a size is learnt from each. */
function moved({ shadow, sizer }: Live, frame: Frame): Moved | undefined {
  const forecast = shadow.forecast();
  if (forecast === undefined) return undefined;
  const { steps, allocation } = shadow;
  const told = lowOf(demandOf(frame, frame.allocation ?? allocation));
  return { shadow, frame, recommendation: sizer.size(forecast, { told, steps, inForce: allocation }) };
}

function lowOf(demand: ReturnType<typeof demandOf>): PerMeter {
  const low: Partial<Record<Meter, number>> = {};
  for (const meter of METERS) if (demand[meter] !== undefined) low[meter] = demand[meter].low;
  return low;
}

const isLive = (found: Live | EndedShadow | undefined): found is Live => found !== undefined && 'shadow' in found;

/** Until its host describes it (it does so every minute), a VM can only be watched. */
const unnamed = (vm: VmId): Primary => ({ vm, name: vm, actuator: 'none' });
