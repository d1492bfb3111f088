/**
 * Hit counts by key from a `hist` file of a trigger with one numeric key, such as
 * `{ id:        232 } hitcount:       1284` (https://docs.kernel.org/trace/histogram.html). Other lines are passed over.
 */
export function parseHistogram(text: string): ReadonlyMap<number, number> {
  const hits = new Map<number, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const key = Number(line.slice(line.indexOf(':') + 1, line.indexOf('}')));
    const at = line.indexOf('hitcount:');
    if (at === -1 || !Number.isInteger(key)) continue;
    hits.set(key, Number.parseInt(line.slice(at + 'hitcount:'.length), 10));
  }
  return hits;
}
