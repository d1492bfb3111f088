import { ANALOGS, EXPERTS, PERIODS } from './experts.ts';
import type { History } from './history.ts';
import type { Origin } from './origin.ts';

const WIDTHS = [1, 3, 12, 36, 72];
const LAGS = [1, 3, 12, 72];
const LOOKS = Object.values(ANALOGS);
/** Features of the origin, of the step ahead, and two for each expert. */
const OF_ORIGIN = WIDTHS.length + 2 + LAGS.length + 7 + LOOKS.length + 3;
const OF_STEP = 3;
export const FEATURES = OF_ORIGIN + OF_STEP + 2 * EXPERTS.length;

/** How an array of quantiles is laid out: `stride` numbers for each expert, the first `levels` of them those of the gate. */
export interface QuantileLayout {
  readonly levels: number;
  readonly stride: number;
}

/**
 * What the gate looks at: numbers without a unit. Sizes are log(1 + 10 v / unit) less its value at the unit, which is half
 * the last day's mean and half the last week's.
 */
export class Features {
  readonly values = new Float64Array(FEATURES);
  readonly #scale: number;
  readonly #day: number;

  constructor(origin: Origin) {
    const { history, now } = origin;
    const day = history.mean(now - history.day, now);
    const week = history.mean(now - 7 * history.day, now);
    const unit = meanKnown(day, week) || history.mean(0, now) || 1;
    this.#scale = 10 / unit;
    this.#day = history.day;
    this.#describe(origin, unit);
  }

  /** Adds what belongs to the step `ahead` and to what the experts say of it (`quantiles` of a panel). */
  look(ahead: number, quantiles: Float64Array, { levels, stride }: QuantileLayout): void {
    const f = this.values;
    let at = OF_ORIGIN;
    f[at++] = Math.log(ahead);
    f[at++] = Math.log(1 + ahead / 12);
    f[at++] = Math.min(2, ahead / this.#day);
    const middle = levels >> 1;
    for (let k = 0; k < EXPERTS.length; k += 1) {
      const from = k * stride;
      f[at++] = this.#size(quantiles[from + middle] ?? 0);
      f[at++] = this.#size(quantiles[from + levels - 1] ?? 0) - this.#size(quantiles[from] ?? 0);
    }
  }

  #size(value: number): number {
    return Math.log1p(Math.max(0, value) * this.#scale) - SIZE_OF_UNIT;
  }

  #describe(origin: Origin, unit: number): void {
    const { history, now } = origin;
    const f = this.values;
    const day = history.day;
    let at = 0;
    for (const width of WIDTHS) f[at++] = this.#size(history.level(now, width));
    f[at++] = this.#size(history.level(now, day));
    f[at++] = this.#size(history.level(now, 7 * day));
    const from = Math.max(0, now - 3 * day);
    const daily = meanChange(history, from, now, day);
    for (const lag of LAGS)
      f[at++] = Math.log((meanChange(history, from, now, lag) + 1e-3 * unit) / (daily + 1e-3 * unit));
    f[at++] = Math.log(daily / unit + 0.01);
    f[at++] = Math.log(meanChange(history, Math.max(0, now - 24), now, 1) / unit + 0.01);
    f[at++] = Math.log(meanChange(history, Math.max(0, now - 144), now, 12) / unit + 0.01);
    f[at++] = shareOfZeros(history, Math.max(0, now - day), now);
    f[at++] = Math.log(Math.min(28, now / day) + 0.01);
    f[at++] = history.known(now - day, now) / Math.min(day, now);
    f[at++] = Math.log(1 + history.day / 288);
    for (const look of LOOKS) f[at++] = origin.analogs(look).distance;
    const [long, short] = [origin.period(PERIODS.long), origin.period(PERIODS.short)];
    f[at++] = Math.min(MOST_MISFIT, long.misfit);
    f[at++] = Math.min(MOST_MISFIT, short.misfit);
    f[at] = Math.log(1 + long.steps);
  }
}

/** Sizes that differ by this much have nothing in common. */
const MOST_MISFIT = 3;
const SIZE_OF_UNIT = Math.log1p(10);

const meanKnown = (a: number, b: number): number => (Number.isNaN(a) ? b : (a + b) / 2);

/** Mean |y(t) - y(t - lag)| over known steps of [from, to), looked at about 300 times. */
function meanChange(history: History, from: number, to: number, lag: number): number {
  const stride = Math.max(1, Math.floor((to - from) / 300));
  let [sum, count] = [0, 0];
  for (let t = to - 1; t >= from && t >= lag; t -= stride) {
    const change = (history.values[t] ?? Number.NaN) - (history.values[t - lag] ?? Number.NaN);
    if (Number.isNaN(change)) continue;
    sum += Math.abs(change);
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

function shareOfZeros(history: History, from: number, to: number): number {
  let zeros = 0;
  for (let t = from; t < to; t += 1) if (history.values[t] === 0) zeros += 1;
  return to > from ? zeros / (to - from) : 0;
}
