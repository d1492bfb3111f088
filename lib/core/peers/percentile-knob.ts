/** A percentile (0 to 1) and what is added on top, as a share of it. */
export interface PercentileSetting {
  readonly level: number;
  readonly margin: number;
}

/** A risk knob whose settings are percentiles with margins. */
export interface PercentileKnob {
  readonly words: readonly string[];
  /** The percentiles that the settings need, each once, rising. */
  readonly levels: readonly number[];
  /** Writes the size of each setting after sample i of n, `out[k * n + i]`, from the percentiles at `levels`. */
  readonly spread: (quantiles: Float64Array, out: Float64Array, at: { readonly i: number; readonly n: number }) => void;
}

/** A knob with these settings, from the least to the most cautious. */
export function percentileKnob(settings: readonly PercentileSetting[]): PercentileKnob {
  const levels = Array.from(new Set(settings.map(({ level }) => level))).sort((a, b) => a - b);
  const source = Int32Array.from(settings, ({ level }) => levels.indexOf(level));
  const factor = Float64Array.from(settings, ({ margin }) => 1 + margin);
  return {
    words: settings.map(percentileWords),
    levels,
    spread: (quantiles, out, { i, n }) => {
      for (let k = 0; k < source.length; k += 1) {
        out[k * n + i] = (quantiles[source[k] ?? 0] ?? 0) * (factor[k] ?? 1);
      }
    },
  };
}

/** Settings at one margin for each level, then larger margins on the highest: beyond it only the margin is left. */
export function percentileSweep(levels: readonly number[], margin: number): PercentileSetting[] {
  return [
    ...levels.map((level) => ({ level, margin })),
    ...[0.5, 1, 3, 10].map((more) => ({ level: Math.max(...levels), margin: more })),
  ];
}

/** A setting in words: `P95 +15 %`. */
export function percentileWords({ level, margin }: PercentileSetting): string {
  return `P${Number((100 * level).toFixed(2))} ${marginWords(margin)}`;
}

/** A margin in words: `+50 %`, `-25 %`. */
export function marginWords(margin: number): string {
  return `${margin < 0 ? '-' : '+'}${Math.round(100 * Math.abs(margin))} %`;
}
