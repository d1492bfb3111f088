import { Fault } from '../../core/fault.ts';
import { cellsOf } from '../trace/csv-records.ts';

export type Separator = ',' | ';' | '\t';

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];

/** The cells of a record; quotes as in RFC 4180. Throws Fault CSV_ROW for a quote where none may stand, with `where` for file and line. */
export function separatedCells(record: string, separator: Separator, where: string): string[] {
  if (separator === ',') return cellsOf(record, where);
  if (!record.includes('"')) return record.split(separator);
  const cells: string[] = [];
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}]*))(${separator}|$)`, 'y');
  while (cell.lastIndex <= record.length) {
    const start = cell.lastIndex;
    const [match, quoted, plain = '', end = ''] = cell.exec(record) ?? [];
    if (match === undefined) throw new Fault('CSV_ROW', `${where}: a quote out of place at character ${start + 1}`);
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') break;
  }
  return cells;
}

/** The separator with which the header has the most columns. */
export function separatorOf(header: string): Separator {
  const counts = SEPARATORS.map((separator) => header.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}
