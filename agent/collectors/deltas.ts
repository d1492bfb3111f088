/**
 * Differences of counters from one round of readings to the next. A counter that was not read in the round before, or
 * that went backwards (reset, device exchanged), has no difference: the interval's value is not known.
 */
export class Deltas {
  readonly #last = new Map<string, { value: number; round: number }>();
  #round = 0;

  /** Begins a round. Counters of the round before last are forgotten. */
  begin(): void {
    this.#round += 1;
    for (const [key, { round }] of this.#last) if (round < this.#round - 1) this.#last.delete(key);
  }

  /** Whether a counter was read in the round before. */
  knows(key: string): boolean {
    return this.#last.get(key)?.round === this.#round - 1;
  }

  /**
   * Notes a counter and gives its growth since the round before; undefined when there is none to give or the counter is
   * not a number. `wrapsAt` is the size of a counter that starts again at 0: 2^32 for one of 32 bits.
   */
  growth(key: string, value: number | undefined, wrapsAt?: number): number | undefined {
    if (value === undefined || !Number.isFinite(value)) return undefined;
    const last = this.#last.get(key);
    this.#last.set(key, { value, round: this.#round });
    if (last?.round !== this.#round - 1) return undefined;
    if (value >= last.value) return value - last.value;
    return wrapsAt === undefined ? undefined : wrapped(last.value, value, wrapsAt);
  }
}

/** A wrap has just been before the end and is little past the beginning; anything else that shrinks is a reset. */
function wrapped(from: number, to: number, wrapsAt: number): number | undefined {
  const growth = to + wrapsAt - from;
  return growth < wrapsAt / 16 ? growth : undefined;
}

/** The entries that are known, as frame values: numbers rounded to whole ones. */
export function known<Key extends string>(
  entries: Readonly<Partial<Record<Key, number | undefined>>>,
): Readonly<Partial<Record<Key, number>>> {
  const values: Partial<Record<Key, number>> = {};
  for (const key of Object.keys(entries) as Key[]) {
    const value = entries[key];
    if (value !== undefined) values[key] = Math.round(value);
  }
  return values;
}
