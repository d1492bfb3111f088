import type { Horizon } from '../core/forecast/forecast.ts';
import type { PerMeter } from '../core/meter.ts';
import { Elders } from '../core/shadow/elders.ts';
import { replayTogether, SeriesReplay, type ReplayVisitor, type UseSeries } from '../core/shadow/replay-series.ts';
import { RiskPool } from '../core/sizing/risk-pool.ts';
import { RiskTracker } from '../core/sizing/risk-tracker.ts';
import { SizeSchedule } from '../core/sizing/size-schedule.ts';
import type { DurationMs, EpochMs, Probability } from '../core/units.ts';
import { VmScore } from './backtest-score.ts';

/** The sizes in force at each sample of one VM, by risk. */
export type Rows = (readonly PerMeter[] | undefined)[];

/** What the VMs of a pool are sized for. */
export interface PoolTerms {
  readonly horizon: Horizon;
  readonly risks: readonly Probability[];
  readonly warmUp: DurationMs;
  /** Every VM has the risk for itself. */
  readonly isSingle: boolean;
}

/** Replays VMs in the order of time; `scores` has a list for each risk, to which each VM's score is added. */
export function replayPool(
  vms: readonly UseSeries[],
  terms: PoolTerms,
  { scores, onProgress }: { readonly scores: readonly VmScore[][]; readonly onProgress: (share: number) => void },
): Rows[] {
  const { horizon, risks, isSingle } = terms;
  const shared = risks.map((risk) => new RiskPool(risk));
  const rows: Rows[] = vms.map(() => []);
  const elders = new Elders();
  const replays = vms.map((series, v) => {
    const pools = isSingle ? risks.map((risk) => new RiskPool(risk)) : shared;
    const own = risks.map(() => new VmScore());
    for (const [i, score] of own.entries()) scores[i]?.push(score);
    return new SeriesReplay(series, horizon, sizingOf(series, terms, { pools, own, rows: rows[v] ?? [] }), elders);
  });
  replayTogether(replays, onProgress);
  return rows;
}

/** Sizes one VM after each sample, and scores what is in force. */
function sizingOf(
  { times }: UseSeries,
  { horizon, warmUp }: PoolTerms,
  { pools, own, rows }: { readonly pools: readonly RiskPool[]; readonly own: readonly VmScore[]; readonly rows: Rows },
): ReplayVisitor {
  const schedule = new SizeSchedule<readonly PerMeter[]>(horizon);
  const trackers = pools.map((pool) => new RiskTracker(pool));
  const scoredFrom: EpochMs = (times[0] ?? 0) + warmUp;
  let told: PerMeter = {};
  return {
    before: (use, at) => {
      const inForce = schedule.inForceAt(at);
      rows.push(inForce);
      told = use;
      if (at >= scoredFrom) for (const [i, sizes] of (inForce ?? []).entries()) own[i]?.see(use, sizes);
    },
    after: (shadow, at) => {
      const forecast = shadow.forecast();
      if (forecast === undefined) return;
      const moment = { told, steps: shadow.steps, inForce: shadow.allocation };
      schedule.ask(
        at,
        trackers.map((tracker) => tracker.size(forecast, moment).target),
      );
    },
    end: () => {
      for (const tracker of trackers) tracker.leave();
    },
  };
}
