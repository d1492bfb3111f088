import type { AnalogOptions } from './analogs.ts';
import type { History } from './history.ts';
import type { Origin } from './origin.ts';
import type { Samples } from './samples.ts';

/** How an expert draws: fills `samples` with what demand may be in step `now + ahead - 1` (`ahead` from 1). */
type Draw = (origin: Origin, ahead: number, samples: Samples) => void;

/** Pairs of (moment, outcome) that a residual expert looks at. */
const PAIRS = 80;

const recent =
  (width: (day: number) => number): Draw =>
  ({ history, now }, _ahead, samples) => {
    const span = Math.min(now, width(history.day));
    const stride = Math.max(1, Math.ceil(span / 300));
    for (let t = now - 1; t >= now - span; t -= stride) samples.add(history.values[t] ?? Number.NaN);
  };

/** Values around the same time of day on the last `days` days (every `period` days), `around` steps to both sides. */
const samePhase =
  (days: number, around: number, period = 1): Draw =>
  ({ history, now }, ahead, samples) => {
    const target = now + ahead - 1;
    const pace = period * history.day;
    const first = Math.max(1, Math.ceil((ahead + around) / pace));
    for (let d = first; d < first + days; d += 1) {
      const middle = target - d * pace;
      if (middle + around < 0) break;
      for (let t = middle - around; t <= middle + around; t += 1) samples.add(history.values[t] ?? Number.NaN);
    }
  };

/** The last value plus changes over `ahead` steps seen in the last days. */
const walk =
  (days: number, width: number): Draw =>
  ({ history, now }, ahead, samples) => {
    const start = history.level(now, width);
    eachPair({ history, now }, ahead, days, (t) => {
      samples.add(start + (history.values[t + ahead - 1] ?? Number.NaN) - history.level(t, width));
    });
  };

/** Calls back for moments t of the last `days` days whose outcome, step t + ahead - 1, is known before now. */
function eachPair(
  { history, now }: Pick<Origin, 'history' | 'now'>,
  ahead: number,
  days: number,
  take: (t: number) => void,
): void {
  const last = now - ahead;
  const first = Math.max(1, last - days * history.day);
  const stride = Math.max(1, Math.floor((last - first) / PAIRS));
  for (let t = last; t >= first; t -= stride) take(t);
}

/** Regression of the outcome on the level at hand, both as distances from a base: y - base' = a * (level - base) + e. */
const regression =
  (days: number, width: number, base: (history: History, t: number, now: number) => number): Draw =>
  ({ history, now }, ahead, samples) => {
    let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
    eachPair({ history, now }, ahead, days, (t) => {
      const x = history.level(t, width) - base(history, t - 1, t);
      const y = (history.values[t + ahead - 1] ?? Number.NaN) - base(history, t + ahead - 1, t);
      if (Number.isNaN(x) || Number.isNaN(y)) return;
      n += 1;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
    });
    if (n < 5) return;
    const spread = sxx - (sx * sx) / n;
    const slope = spread > 0 ? Math.min(1, Math.max(0, (sxy - (sx * sy) / n) / spread)) : 0;
    const start =
      slope * (history.level(now, width) - base(history, now - 1, now)) + base(history, now + ahead - 1, now);
    eachPair({ history, now }, ahead, days, (t) => {
      const x = history.level(t, width) - base(history, t - 1, t);
      samples.add(start + (history.values[t + ahead - 1] ?? Number.NaN) - base(history, t + ahead - 1, t) - slope * x);
    });
  };

const season = (history: History, t: number, now: number): number => history.season(t, now);
const none = (): number => 0;

/** The same time of day, scaled by how the last hours were against the same hours of the days before. */
const scaled =
  (days: number, around: number): Draw =>
  (of, ahead, samples) => {
    samePhase(days, around)(of, ahead, samples);
    const { history, now } = of;
    let usual = 0;
    let count = 0;
    const width = Math.max(3, Math.round(history.day / 24));
    for (let d = 1; d <= days && now - d * history.day > 0; d += 1) {
      const mean = history.mean(now - d * history.day - width, now - d * history.day);
      if (Number.isNaN(mean)) continue;
      usual += mean;
      count += 1;
    }
    if (count === 0 || usual <= 0) return;
    const ratio = (history.level(now, width) * count) / usual;
    const kept = Math.exp((-ahead * 3) / history.day);
    samples.move(Math.exp(kept * Math.log(Math.min(4, Math.max(0.25, ratio)))), 0);
  };

/** What followed the moments most like now, `around` steps wide. */
const analog =
  (options: AnalogOptions, around: number): Draw =>
  (origin, ahead, samples) => {
    const { history, now } = origin;
    for (const t of origin.analogs(options).moments) {
      const middle = t + ahead - 1;
      for (let u = Math.max(t, middle - around); u <= middle + around && u < now; u += 1)
        samples.add(history.values[u] ?? Number.NaN);
    }
  };

/** The last `count` values at the same place in the period of at most `longest` steps that fits best. */
const periodic =
  (longest: number, count: number): Draw =>
  (origin, ahead, samples) => {
    const { history, now } = origin;
    const { steps } = origin.period(longest);
    if (steps > 0) addMultiples(history, now + ahead - 1, { now, steps, count }, samples);
  };

/** The last `count` values at the same place in the hour. */
const hourly =
  (count: number): Draw =>
  ({ history, now }, ahead, samples) => {
    const steps = Math.round(history.day / 24);
    if (steps > 1) addMultiples(history, now + ahead - 1, { now, steps, count }, samples);
  };

function addMultiples(
  history: History,
  target: number,
  { now, steps, count }: { readonly now: number; readonly steps: number; readonly count: number },
  samples: Samples,
): void {
  const first = Math.ceil((target - now + 1) / steps);
  for (let d = first; d < first + count; d += 1) samples.add(history.values[target - d * steps] ?? Number.NaN);
}

/** The same step yesterday plus the differences between days. */
const yesterday =
  (days: number): Draw =>
  ({ history, now }, ahead, samples) => {
    const back = Math.ceil(ahead / history.day) * history.day;
    const start = history.values[now + ahead - 1 - back] ?? Number.NaN;
    if (Number.isNaN(start)) return;
    eachPair({ history, now }, 1, days, (t) => {
      samples.add(start + (history.values[t] ?? Number.NaN) - (history.values[t - back] ?? Number.NaN));
    });
  };

/** The last steps' mean, certain. */
const last: Draw = ({ history, now }, _ahead, samples) => {
  samples.add(history.level(now, 1));
};

/** The ways in which moments are found alike; the constants were chosen on every fourth VM of the tuning half. */
export const ANALOGS = {
  level: { days: 14, count: 40, widths: [1, 3, 12, 72], lags: 0, pace: 1, lagWeight: 0, phaseWeight: 0 },
  phase: { days: 28, count: 60, widths: [1, 6, 36, 144], lags: 0, pace: 1, lagWeight: 0, phaseWeight: 1 },
  pattern: { days: 14, count: 50, widths: [1, 3, 12, 72], lags: 24, pace: 1, lagWeight: 8, phaseWeight: 0 },
  patternPhase: { days: 28, count: 60, widths: [1, 6, 36, 144], lags: 12, pace: 1, lagWeight: 2, phaseWeight: 1 },
  patternOnly: { days: 14, count: 30, widths: [], lags: 12, pace: 1, lagWeight: 2, phaseWeight: 0 },
  dayShape: { days: 28, count: 40, widths: [1, 6], lags: 24, pace: 12, lagWeight: 6, phaseWeight: 0 },
} as const satisfies Record<string, AnalogOptions>;

/** Longest periods that are looked for, in steps. */
export const PERIODS = { long: 288, short: 36 };

export interface Expert {
  readonly name: string;
  /** Whether it says the same for every step ahead. */
  readonly isSteady: boolean;
  readonly draw: Draw;
}

/** All experts; the order is that of the weights. */
export const EXPERTS: readonly Expert[] = [
  { name: 'last', isSteady: true, draw: last },
  { name: 'recent 3', isSteady: true, draw: recent(() => 3) },
  { name: 'recent 12', isSteady: true, draw: recent(() => 12) },
  { name: 'recent 36', isSteady: true, draw: recent(() => 36) },
  { name: 'recent 72', isSteady: true, draw: recent(() => 72) },
  { name: 'day', isSteady: true, draw: recent((day) => day) },
  { name: 'week', isSteady: true, draw: recent((day) => 7 * day) },
  { name: 'phase 1d', isSteady: false, draw: samePhase(1, 6) },
  { name: 'phase 3d', isSteady: false, draw: samePhase(3, 4) },
  { name: 'phase 7d', isSteady: false, draw: samePhase(7, 2) },
  { name: 'phase exact 14d', isSteady: false, draw: samePhase(14, 0) },
  { name: 'weekday', isSteady: false, draw: samePhase(4, 6, 7) },
  { name: 'walk', isSteady: false, draw: walk(3, 1) },
  { name: 'regression', isSteady: false, draw: regression(7, 3, none) },
  { name: 'season regression', isSteady: false, draw: regression(7, 6, season) },
  { name: 'scaled', isSteady: false, draw: scaled(7, 2) },
  { name: 'analog', isSteady: false, draw: analog(ANALOGS.level, 1) },
  { name: 'analog phase', isSteady: false, draw: analog(ANALOGS.phase, 1) },
  { name: 'pattern', isSteady: false, draw: analog(ANALOGS.pattern, 0) },
  { name: 'pattern phase', isSteady: false, draw: analog(ANALOGS.patternPhase, 0) },
  { name: 'pattern only', isSteady: false, draw: analog(ANALOGS.patternOnly, 0) },
  { name: 'day shape', isSteady: false, draw: analog(ANALOGS.dayShape, 0) },
  { name: 'period', isSteady: false, draw: periodic(PERIODS.long, 8) },
  { name: 'period short', isSteady: false, draw: periodic(PERIODS.short, 12) },
  { name: 'hour', isSteady: false, draw: hourly(12) },
  { name: 'yesterday', isSteady: false, draw: yesterday(7) },
];
