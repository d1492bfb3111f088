/**
 * Reads lines of a name and a number (`MemFree:  123 kB`, `pgfault 42`, `some avg10=0.00 ... total=7` not) into a map of
 * numbers. A line of another form is passed over.
 */
export function parseKeyValues(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    const space = text.indexOf(' ', start);
    if (space !== -1 && space < end) {
      const key = text.slice(start, text[space - 1] === ':' ? space - 1 : space);
      const value = Number.parseInt(text.slice(space + 1, end), 10);
      if (!Number.isNaN(value)) values.set(key, value);
    }
    start = end + 1;
  }
  return values;
}
