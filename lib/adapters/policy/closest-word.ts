/**
 * The known word that a mistyped one most likely means, or undefined when none is near: at most two slips away, and fewer
 * than half its letters. A slip is a letter changed, left out, put in, or swapped with its neighbour (optimal string
 * alignment, Damerau 1964).
 */
export function closestWord(typed: string, known: readonly string[]): string | undefined {
  const near = known
    .map((word) => ({ word, slips: slipsBetween(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, slips }) => slips <= 2 && slips * 2 < Math.max(word.length, typed.length))
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.word;
}

/** The table of distances between all beginnings of both words; they are short. */
function slipsBetween(from: string, to: string): number {
  const table = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    const before = table[i - 1];
    for (let j = 1; j <= to.length; j++) {
      const changed = cell(before, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = swaps ? cell(table[i - 2], j - 2) + 1 : Infinity;
      row.push(Math.min(changed, swapped, cell(before, j) + 1, cell(row, j - 1) + 1));
    }
    table.push(row);
  }
  return cell(table[from.length], to.length);
}

const cell = (row: readonly number[] | undefined, column: number): number => row?.[column] ?? Infinity;
