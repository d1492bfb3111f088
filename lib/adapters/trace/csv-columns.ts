import { Fault } from '../../core/fault.ts';
import { METERS } from '../../core/meter.ts';
import type { Meter } from '../../core/meter.ts';
import { bytesOf, numberOf } from './csv-cells.ts';

/** Columns of the trace CSV that hold a number, in the order in which they are written. */
export const NUMBER_COLUMNS = [
  'cpu',
  'cpu_capacity',
  'memory',
  'memory_capacity',
  'disk_read',
  'disk_write',
  'net_rx',
  'net_tx',
] as const;
type NumberColumn = (typeof NUMBER_COLUMNS)[number];
/** Every column of the trace CSV. */
export const TRACE_COLUMNS = ['time', 'vm', ...NUMBER_COLUMNS] as const;

/** Where a file has its columns. */
export interface Header {
  readonly cells: number;
  readonly time: number;
  readonly vm: number;
  /** The number columns that the file has. */
  readonly numbers: readonly NumberCell[];
}

/** One number column of a file. */
interface NumberCell {
  readonly column: NumberColumn;
  readonly at: number;
  /** What a cell says: NaN for unknown, undefined for nonsense. */
  readonly read: (cell: string) => number | undefined;
  readonly wanted: string;
}

/**
 * Finds the columns in the first record of a file. Their order is free, other columns are left alone. Throws Fault CSV_HEADER when
 * time, vm or all meters are missing, or one is there twice.
 */
export function headerOf(cells: readonly string[], path: string): Header {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const twice = TRACE_COLUMNS.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) throw new Fault('CSV_HEADER', `${path}:1: column ${twice} is there twice, wanted once`);
  const numbers = NUMBER_COLUMNS.filter((column) => names.includes(column)).map((column) => numberCell(column, names));
  const isTrace = names.includes('time') && names.includes('vm') && numbers.some(({ column }) => isMeter(column));
  if (!isTrace) {
    throw new Fault(
      'CSV_HEADER',
      `${path}:1: columns ${shown(names)}, wanted time, vm and at least one of ${METERS.join(', ')}: is this a trace CSV?`,
    );
  }
  return { cells: names.length, time: names.indexOf('time'), vm: names.indexOf('vm'), numbers };
}

export const isMeter = (column: NumberColumn): column is Meter =>
  column !== 'cpu_capacity' && column !== 'memory_capacity';

const SHOWN_CHARACTERS = 120;
const shown = (names: readonly string[]): string => {
  const text = names.join(',');
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
};

function numberCell(column: NumberColumn, names: readonly string[]): NumberCell {
  const isCpu = column === 'cpu' || column === 'cpu_capacity';
  return {
    column,
    at: names.indexOf(column),
    read: isCpu ? numberOf : bytesOf,
    wanted: isCpu ? 'vCPUs such as 1.5, or nothing' : 'bytes such as 4096 or 4GiB, or nothing',
  };
}
