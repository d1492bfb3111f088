import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { Frame, LifecycleEvent } from '../core/trace/frame.ts';
import type { DurationMs, EpochMs, HostId, VmId } from '../core/units.ts';
import { MINUTE_MS } from '../core/units.ts';
import type { Observation, Observer } from '../ports/observer.ts';
import type { DecisionView, FleetSummary, FleetView, VmView } from './fleet.ts';
import { createLatencies } from './latencies.ts';
import { createVmModel, type VmModel } from './vm-model.ts';

/** Something a person may want to read at once. */
export type FleetEvent =
  | { readonly kind: 'decided'; readonly vm: VmView; readonly decision: DecisionView }
  | { readonly kind: 'settled'; readonly vm: VmView; readonly decision: DecisionView }
  | { readonly kind: 'lifecycle'; readonly event: LifecycleEvent };

/** What is known of all primaries: fed by the path, read by pages and reports. */
export interface Fleet {
  readonly observer: Observer;
  /** All primaries by name, or the one asked for (none when it is not known). */
  view: (vm?: VmId) => FleetView;
  summary: () => FleetSummary;
  /** Calls the listener for every event until the returned function is called; one that throws is called no more. */
  subscribe: (listener: (event: FleetEvent) => void) => () => void;
}

export interface FleetOptions {
  readonly now?: () => EpochMs;
  /** How much of the past is kept per meter. */
  readonly keep?: DurationMs;
  /** Primaries kept; beyond it the one heard of longest ago is forgotten. */
  readonly maxVms?: number;
}

/** An ended primary stays in sight this long. */
const ENDED_SHOWN_MS: DurationMs = 5 * MINUTE_MS;

/**
 * Turns what an observer sees into what a page shows.
 *
 * Memory is bounded: per primary by `keep` and 50 decisions, in all by `maxVms`. A frame reported twice (a delivery that
 * failed and was repeated) counts once; what was observed late is not drawn.
 */
export function createFleet(options: FleetOptions = {}): Fleet {
  const { now = Date.now, keep = 2 * MINUTE_MS, maxVms = 2_000 } = options;
  const vms = new Map<VmId, VmModel>();
  const listeners = new Set<(event: FleetEvent) => void>();
  const latencies = createLatencies();
  const counts = { frames: 0, dropped: 0, vms: 0, forecasts: 0, triggers: 0, plans: 0 };
  const ends: Record<Outcome['state'], number> = { applied: 0, failed: 0, refused: 0, 'rolled-back': 0 };
  const plannedIds = createRecentIds();
  const endedIds = createRecentIds();

  const tell = (event: FleetEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        // an observer never throws, and one broken watcher must not blind the others
        listeners.delete(listener);
      }
    }
  };

  const forgetEnded = (): void => {
    for (const [id, model] of vms) {
      const endedAt = model.endedAt();
      if (endedAt !== undefined && now() - endedAt > ENDED_SHOWN_MS) vms.delete(id);
    }
  };

  const makeRoom = (): void => {
    forgetEnded();
    if (vms.size < maxVms) return;
    const oldest = [...vms.values()].reduce((a, b) => (a.lastAt() <= b.lastAt() ? a : b));
    vms.delete(oldest.vm);
  };

  const modelOf = (vm: VmId): VmModel => {
    const known = vms.get(vm);
    if (known !== undefined) return known;
    makeRoom();
    const fresh = createVmModel(vm, keep);
    vms.set(vm, fresh);
    counts.vms += 1;
    return fresh;
  };

  const applied = (host: HostId, frame: Frame): void => {
    if (modelOf(frame.vm).applied(host, frame)) counts.frames += 1;
    else counts.dropped += 1;
  };

  const observed = (observation: Observation): void => {
    if (Object.keys(observation.forecast.meters).length > 0) counts.forecasts += 1;
    if (observation.decision.meters.some((meter) => meter.kind === 'resize')) counts.triggers += 1;
    const model = modelOf(observation.frame.vm);
    for (const decision of model.observed(observation)) tell({ kind: 'decided', vm: model.view(now()), decision });
  };

  const ended = (plan: Plan, outcome: Outcome): void => {
    if (!endedIds.add(plan.id)) return;
    ends[outcome.state] += 1;
    if (outcome.state === 'applied' && outcome.inForceAt !== undefined) {
      latencies.add(Math.max(0, outcome.inForceAt - plan.sampledAt));
    }
    const model = vms.get(plan.vm);
    if (model === undefined) return;
    for (const decision of model.settled(plan, outcome)) tell({ kind: 'settled', vm: model.view(now()), decision });
  };

  const summary = (): FleetSummary => ({
    ...counts,
    running: [...vms.values()].filter((model) => model.state(now()) === 'running').length,
    applied: ends.applied,
    failed: ends.failed,
    refused: ends.refused,
    rolledBack: ends['rolled-back'],
    ...latencies.quantiles(),
  });

  return {
    observer: {
      applied,
      observed,
      dropped: () => {
        counts.dropped += 1;
      },
      lifecycle: (event) => {
        vms.get(event.vm)?.lifecycle(event);
        tell({ kind: 'lifecycle', event });
      },
      planned: (plan) => {
        if (!plannedIds.add(plan.id)) return;
        counts.plans += 1;
        const model = vms.get(plan.vm);
        if (model === undefined) return;
        for (const decision of model.planned(plan)) tell({ kind: 'decided', vm: model.view(now()), decision });
      },
      ended,
    },
    view: (vm) => {
      const at = now();
      forgetEnded();
      const shown = vm === undefined ? [...vms.values()] : [...vms.values()].filter((model) => model.vm === vm);
      const views = shown.map((model) => model.view(at)).sort((a, b) => byName(a.name, b.name) || byName(a.vm, b.vm));
      return { at, vms: views, counts: summary() };
    },
    summary,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Remembers the newest ids, enough for repeats that come within minutes. */
function createRecentIds(size = 10_000): { add: (id: string) => boolean } {
  const ids = new Set<string>();
  return {
    add: (id) => {
      if (ids.has(id)) return false;
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > size && oldest !== undefined) ids.delete(oldest);
      return true;
    },
  };
}
