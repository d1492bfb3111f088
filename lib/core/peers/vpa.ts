import { DAY_MS, HOUR_MS, MINUTE_MS, type DurationMs, type EpochMs } from '../units.ts';
import { DecayingHistogram } from './histogram.ts';
import type { PeerRule, PeerSeries } from './peer-rule.ts';
import { percentileSweep, percentileWords, type PercentileSetting } from './percentile-knob.ts';
import { SampleWindow } from './sample-window.ts';

const HALF_LIFE: DurationMs = DAY_MS;
const LOWER_LEVEL = 0.5;
const UPPER_LEVEL = 0.95;
/** The updater leaves what is within its bounds alone for this long, and then changes it only for at least this much. */
const GATE_AGE: DurationMs = 12 * HOUR_MS;
const GATE_CHANGE = 0.1;
const OOM_FACTOR = 1.2;
const OOM_BYTES = 100 * 2 ** 20;

/** The recommender's margin is 15 %. */
const SETTINGS: readonly PercentileSetting[] = [
  { level: 0.5, margin: -0.5 },
  { level: 0.5, margin: -0.2 },
  ...percentileSweep([0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1], 0.15),
];

/**
 * Kubernetes Vertical Pod Autoscaler: a percentile of a decaying histogram plus 15 %. cpu (and what it has no rule for: disk and
 * network) counts a mean per minute; memory counts the peak of each day, and running out of it counts as a peak of
 * max(use + 100 MiB, 1.2 use). With the updater's gate a size within [lower, upper] is kept for 12 h, and then unless
 * it is 10 % off; the bounds are P50 and P95 (or the percentile itself, when that is higher) times their confidence
 * multipliers. Without the gate each decision takes the target, which serves it better here.
 * Source: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/{logic,model}, pkg/updater/priority.
 */
function vpaRule(id: string, title: string, hasGate: boolean): PeerRule {
  return {
    id,
    title,
    knob: 'percentile',
    settings: SETTINGS.map(percentileWords),
    decide: (series, out) => {
      const run = series.meter === 'memory' ? new MemoryRun(series) : new UseRun(series);
      decideAll(series, out, { run, hasGate });
    },
  };
}

export const vpa: PeerRule = vpaRule('vpa', 'Kubernetes VPA', true);
export const vpaUngated: PeerRule = vpaRule('vpa-ungated', 'Kubernetes VPA, no update gate', false);

/** Levels that are read: those of the settings, and the bounds'. */
const LEVELS: readonly number[] = Array.from(
  new Set([...SETTINGS.map(({ level }) => level), LOWER_LEVEL, UPPER_LEVEL]),
).sort((a, b) => a - b);
const LOWER_AT = LEVELS.indexOf(LOWER_LEVEL);

/** How samples get into the histogram. */
interface Run {
  /** Takes sample i and the sizes that are asked for now; true when the quantiles may have changed. */
  see(value: number, at: EpochMs, sizes: Float64Array): boolean;
  read(out: Float64Array): void;
  /** Least size at a setting that an out-of-memory kill asks for, 0 for none. */
  floor(k: number): number;
}

/** One sample a minute (or a step): the mean of its period. */
class UseRun implements Run {
  readonly #histogram: DecayingHistogram;
  readonly #window: SampleWindow;
  #most = 0;

  constructor({ resolution, step }: PeerSeries) {
    this.#histogram = new DecayingHistogram(resolution, HALF_LIFE);
    this.#window = new SampleWindow(MINUTE_MS, step);
  }

  see(value: number, at: EpochMs): boolean {
    if (!this.#window.add(value, at)) {
      this.#most = this.#window.most;
      return this.#histogram.isEmpty;
    }
    this.#histogram.add(this.#window.mean, at);
    return true;
  }

  read(out: Float64Array): void {
    // Before the first period is over there is only what was seen of it.
    if (this.#histogram.isEmpty) out.fill(this.#most);
    else this.#histogram.quantiles(LEVELS, out);
  }

  floor(): number {
    return 0;
  }
}

/** One sample a day: its peak so far, replaced as it rises. */
class MemoryRun implements Run {
  readonly #histogram: DecayingHistogram;
  readonly #begin: EpochMs;
  #day = -1;
  #peak = 0;
  readonly #killed = SETTINGS.map(() => ({ size: 0, day: 0 }));

  constructor({ resolution, times }: PeerSeries) {
    this.#histogram = new DecayingHistogram(resolution, HALF_LIFE);
    this.#begin = times[0] ?? 0;
  }

  see(value: number, at: EpochMs, sizes: Float64Array): boolean {
    const day = Math.floor((at - this.#begin) / DAY_MS);
    for (const [k, killed] of this.#killed.entries()) {
      if (value <= (sizes[k] ?? Infinity)) continue;
      killed.size = Math.max(value + OOM_BYTES, OOM_FACTOR * value);
      killed.day = day;
    }
    const weighedAt = this.#begin + (day + 1) * DAY_MS;
    if (day > this.#day) this.#peak = -1;
    else if (value <= this.#peak) return false;
    this.#day = day;
    if (this.#peak >= 0) this.#histogram.add(this.#peak, weighedAt, -1);
    this.#peak = value;
    this.#histogram.add(value, weighedAt);
    return true;
  }

  read(out: Float64Array): void {
    this.#histogram.quantiles(LEVELS, out);
  }

  /** A peak weighs more than half of the histogram on its day, and enough for P90 on the next. */
  floor(k: number): number {
    const killed = this.#killed[k];
    return killed !== undefined && killed.size > 0 && this.#day <= killed.day + 1 ? killed.size : 0;
  }
}

function decideAll(series: PeerSeries, out: Float64Array, { run, hasGate }: { run: Run; hasGate: boolean }): void {
  const { times, values, step } = series;
  const n = times.length;
  const quantiles = new Float64Array(LEVELS.length);
  const sizes = SETTINGS.map((_, k) => new GatedSize(k, hasGate));
  const asked = new Float64Array(SETTINGS.length).fill(Infinity);
  const begin = (times[0] ?? 0) - step;
  for (let i = 0; i < n; i += 1) {
    const at = times[i] ?? 0;
    if (run.see(values[i] ?? 0, at, asked)) run.read(quantiles);
    for (let k = 0; k < sizes.length; k += 1) {
      const size = sizes[k]?.after(quantiles, run.floor(k), { at, days: (at - begin) / DAY_MS }) ?? 0;
      asked[k] = size;
      out[k * n + i] = size;
    }
  }
}

/** The size at one setting, which the updater's gate may keep as it is. */
class GatedSize {
  readonly #factor: number;
  readonly #levelAt: number;
  readonly #upperAt: number;
  readonly #hasGate: boolean;
  #size: number | undefined;
  #changedAt: EpochMs = 0;

  constructor(k: number, hasGate: boolean) {
    const { level, margin } = SETTINGS[k] ?? { level: 1, margin: 0 };
    this.#factor = 1 + margin;
    this.#levelAt = LEVELS.indexOf(level);
    this.#upperAt = LEVELS.indexOf(Math.max(level, UPPER_LEVEL));
    this.#hasGate = hasGate;
  }

  /** `days` of history are the confidence in the bounds; `floor` is what an out-of-memory kill asks for. */
  after(quantiles: Float64Array, floor: number, { at, days }: { at: EpochMs; days: number }): number {
    const target = Math.max(quantiles[this.#levelAt] ?? 0, floor) * this.#factor;
    if (this.#size !== undefined && this.#hasGate && this.#isKept(this.#size, target, { quantiles, at, days })) {
      return this.#size;
    }
    this.#size = target;
    this.#changedAt = at;
    return target;
  }

  #isKept(
    size: number,
    target: number,
    { quantiles, at, days }: { quantiles: Float64Array; at: EpochMs; days: number },
  ): boolean {
    const lower = (quantiles[LOWER_AT] ?? 0) * this.#factor * (1 + 0.001 / days) ** -2;
    const upper = (quantiles[this.#upperAt] ?? 0) * this.#factor * (1 + 1 / days);
    if (size < lower || size > upper) return false;
    return at - this.#changedAt < GATE_AGE || Math.abs(target - size) < GATE_CHANGE * size;
  }
}
