/**
 * Replaces each of the `n` numbers from `column[from]` on by the maximum of itself and the `window - 1` before it, in one pass
 * (a queue of falling values: each is put in and taken out once).
 */
export function slidingMaximum(
  column: Float64Array,
  { from, n, window }: { readonly from: number; readonly n: number; readonly window: number },
): void {
  const queue = new Int32Array(n);
  const values = column.slice(from, from + n);
  let [head, tail] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    const value = values[i] ?? 0;
    while (tail > head && (values[queue[tail - 1] ?? 0] ?? 0) <= value) tail -= 1;
    queue[tail] = i;
    tail += 1;
    if ((queue[head] ?? 0) <= i - window) head += 1;
    column[from + i] = values[queue[head] ?? 0] ?? 0;
  }
}
