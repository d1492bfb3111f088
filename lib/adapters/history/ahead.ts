/**
 * The results of `work` in the order of the items, while up to `ahead` later ones are already being worked on. When the
 * reader stops, or one fails, the results under way are dropped.
 */
export async function* workAhead<Item, Result>(
  items: readonly Item[],
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for (let next = 0; next < items.length || running.length > 0;) {
    while (running.length <= ahead && next < items.length) {
      const result = work(items[next] as Item);
      // Whoever awaits it is told; until then a failure must not end the process.
      result.catch(() => undefined);
      running.push(result);
      next += 1;
    }
    const first = running.shift();
    if (first !== undefined) yield await first;
  }
}
