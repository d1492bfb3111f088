import type { Forecast } from '../core/forecast/forecast.ts';
import { METERS, type Allocation, type Meter } from '../core/meter.ts';
import type { Outcome, Plan } from '../core/plan/plan.ts';
import type { MeterDecision } from '../core/policy/decision.ts';
import type { Frame, LifecycleEvent, Primary } from '../core/trace/frame.ts';
import type { DurationMs, EpochMs, HostId, VmId } from '../core/units.ts';
import type { Observation } from '../ports/observer.ts';
import { createDecisionLog } from './decision-log.ts';
import type { DecisionView, ForecastView, MeterView, PastForecast, Point, VmState, VmView } from './fleet.ts';

/** One primary's part of the fleet; `createFleet` owns it. */
export interface VmModel {
  readonly vm: VmId;
  lastAt: () => EpochMs;
  endedAt: () => EpochMs | undefined;
  state: (now: EpochMs) => VmState;
  /** Notes a frame; says whether it is new (of the newest frames, repeats are known). */
  applied: (host: HostId, frame: Frame) => boolean;
  /** Takes what was made of the newest frame; gives the resizes that are new with it. */
  observed: (observation: Observation) => readonly DecisionView[];
  /** Notes a plan; gives its resizes that were not heard of before. */
  planned: (plan: Plan) => readonly DecisionView[];
  /** Notes what came of a plan; gives the resizes that it was about. */
  settled: (plan: Plan, outcome: Outcome) => readonly DecisionView[];
  lifecycle: (event: LifecycleEvent) => void;
  view: (now: EpochMs) => VmView;
}

/** Without a frame for this many intervals, and at least five seconds, a primary is quiet. */
const QUIET_INTERVALS = 5;
const QUIET_MS: DurationMs = 5_000;
/** The quantile whose history is kept; the nearest level of the forecast is taken. */
const PAST_LEVEL = 0.95;
/** Times of frames remembered to know a repeat: a quarter of an hour at 1 Hz. */
const MAX_SEEN = 1_000;

interface MeterHistory {
  readonly points: Point[];
  readonly past: PastForecast[];
  forecast: ForecastView | undefined;
  verdict: MeterDecision | undefined;
}

/** An empty primary that keeps `keep` of the past of each meter. */
export function createVmModel(vm: VmId, keep: DurationMs): VmModel {
  const meters = new Map<Meter, MeterHistory>();
  const log = createDecisionLog();
  let primary: Primary = { vm, name: vm, actuator: 'none' };
  let host: HostId = '';
  let policy: string | undefined;
  let lastAt: EpochMs = Number.NEGATIVE_INFINITY;
  let interval: DurationMs = 0;
  let life: 'running' | 'suspended' = 'running';
  let endedAt: EpochMs | undefined;
  let forecastAt: EpochMs = Number.NEGATIVE_INFINITY;
  const seen = new Set<EpochMs>();

  const historyOf = (meter: Meter): MeterHistory => {
    const known = meters.get(meter);
    if (known !== undefined) return known;
    const fresh: MeterHistory = { points: [], past: [], forecast: undefined, verdict: undefined };
    meters.set(meter, fresh);
    return fresh;
  };

  const stateAt = (now: EpochMs): VmState => {
    if (endedAt !== undefined) return 'ended';
    if (life === 'suspended') return 'suspended';
    return now - lastAt > Math.max(QUIET_MS, QUIET_INTERVALS * interval) ? 'quiet' : 'running';
  };

  return {
    vm,
    lastAt: () => lastAt,
    endedAt: () => endedAt,
    state: stateAt,
    applied: (from, frame) => {
      if (seen.has(frame.at)) return false;
      seen.add(frame.at);
      const [oldest] = seen;
      if (seen.size > MAX_SEEN && oldest !== undefined) seen.delete(oldest);
      if (frame.at > lastAt) {
        ({ at: lastAt, interval } = frame);
        host = from;
        // a frame is a sign of life, whatever was said before
        life = 'running';
        endedAt = undefined;
      }
      return true;
    },
    observed: (observation) => {
      const { frame, forecast, decision } = observation;
      if (forecast.at <= forecastAt) return [];
      forecastAt = forecast.at;
      ({ primary, host } = observation);
      lastAt = Math.max(lastAt, frame.at);
      policy = decision.policy;
      for (const verdict of decision.meters) historyOf(verdict.meter).verdict = verdict;
      for (const meter of METERS) noteForecast(historyOf, meter, forecast, frame.allocation);
      for (const history of meters.values()) trim(history, forecastAt - keep);
      return decision.meters.flatMap((verdict) => log.decided(verdict, forecast.at) ?? []);
    },
    planned: (plan) => log.planned(plan),
    settled: (plan, outcome) => log.settled(plan, outcome),
    lifecycle: (event) => {
      if (event.kind === 'ended') endedAt = event.at;
      else if (event.kind === 'suspended') life = 'suspended';
      else {
        life = 'running';
        endedAt = undefined;
      }
    },
    view: (now) => ({
      vm,
      name: primary.name,
      host,
      ...(primary.image === undefined ? {} : { image: primary.image }),
      actuator: primary.actuator,
      state: stateAt(now),
      lastAt,
      ...(policy === undefined ? {} : { policy }),
      meters: Object.fromEntries(
        METERS.flatMap((meter) => {
          const history = meters.get(meter);
          return history === undefined ? [] : [[meter, viewOf(meter, history)]];
        }),
      ),
      decisions: log.list(),
    }),
  };
}

function noteForecast(
  historyOf: (meter: Meter) => MeterHistory,
  meter: Meter,
  forecast: Forecast,
  allocation: Allocation | undefined,
): void {
  const made = forecast.meters[meter];
  if (made === undefined) return;
  const { at, lead, hold, levels } = forecast;
  const history = historyOf(meter);
  const limit = allocation?.[meter] ?? history.verdict?.from;
  history.points.push({
    at,
    demandLow: made.demand.low,
    demandHigh: made.demand.high,
    ...(limit === undefined ? {} : { allocation: limit }),
  });
  history.forecast = { at, lead, hold, levels, values: made.values };
  const nearest = nearestLevel(levels);
  const value = made.values[nearest];
  const level = levels[nearest];
  if (value === undefined || level === undefined) return;
  history.past.push({ from: at + lead, until: at + lead + hold, level, value });
}

function nearestLevel(levels: readonly number[]): number {
  let best = 0;
  levels.forEach((level, index) => {
    if (Math.abs(level - PAST_LEVEL) < Math.abs((levels[best] ?? Infinity) - PAST_LEVEL)) best = index;
  });
  return best;
}

function trim(history: MeterHistory, since: EpochMs): void {
  while (history.points[0] !== undefined && history.points[0].at < since) history.points.shift();
  while (history.past[0] !== undefined && history.past[0].until < since) history.past.shift();
}

function viewOf(meter: Meter, history: MeterHistory): MeterView {
  return {
    meter,
    points: [...history.points],
    ...(history.forecast === undefined ? {} : { forecast: history.forecast }),
    pastForecasts: [...history.past],
    ...(history.verdict === undefined ? {} : { verdict: history.verdict }),
  };
}
