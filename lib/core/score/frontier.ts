/** Where a frontier passes a violation rate: between two of its points, `share` of the way from `below` to `above`. */
export interface Crossing {
  readonly below: number;
  readonly above: number;
  readonly share: number;
}

/**
 * Finds the two neighbours, in order of violation rate (then of slack), that bracket `rate`; undefined when the knob does not
 * reach it.
 */
export function crossingOf(
  violationRates: ArrayLike<number>,
  slacks: ArrayLike<number>,
  rate: number,
): Crossing | undefined {
  const order = Array.from({ length: violationRates.length }, (_, k) => k).sort(
    (a, b) => (violationRates[a] ?? 0) - (violationRates[b] ?? 0) || (slacks[a] ?? 0) - (slacks[b] ?? 0),
  );
  for (let i = 0; i + 1 < order.length; i += 1) {
    const [below, above] = [order[i] ?? 0, order[i + 1] ?? 0];
    const [low, high] = [violationRates[below] ?? 0, violationRates[above] ?? 0];
    if (low > rate || high < rate) continue;
    // Of two points with the same rate the one with less slack comes first.
    return { below, above, share: high > low ? (rate - low) / (high - low) : 0 };
  }
  return undefined;
}

/** The value at a crossing: linear in the violation rate on a logarithmic scale; what is 0 counts as 1e-9. */
export function valueAt(values: ArrayLike<number>, { below, above, share }: Crossing): number {
  const [low, high] = [values[below] ?? 0, values[above] ?? 0];
  if (low <= 0 && high <= 0) return 0;
  const [from, to] = [Math.log(Math.max(low, 1e-9)), Math.log(Math.max(high, 1e-9))];
  return Math.exp(from + share * (to - from));
}
