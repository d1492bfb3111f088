import { Fault } from '../../core/fault.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import { timeOf } from '../trace/csv-cells.ts';
import { isMeter } from '../trace/csv-columns.ts';
import type { TraceSample } from '../trace/trace-sample.ts';
import { valueOf, type NumberColumn } from './cell-units.ts';
import type { ColumnMap, NumberMapping, TimeUnit } from './column-map.ts';
import { separatedCells, separatorOf, type Separator } from './separated-cells.ts';

/** How a foreign CSV is to be read. */
export interface ForeignCsv {
  readonly path: string;
  readonly map: ColumnMap;
  /** Guessed from the first line when left out. */
  readonly separator?: Separator | undefined;
  /** Whether `1,5` is one and a half. */
  readonly decimalComma?: boolean;
  /** The VM of all rows, for files without a column for it. */
  readonly vm?: VmId | undefined;
  /** Capacities that the file does not say. */
  readonly capacity: TraceSample['capacity'];
}

/** From here up a time in digits is milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Reads a file's first line and gives a reader of its rows. Throws Fault CSV_HEADER when a mapped column is not there, USAGE when no
 * VM is known, or what a share is of. The reader throws Fault CSV_ROW with file and line.
 */
export function rowReader(header: string, csv: ForeignCsv): (record: string, line: number) => TraceSample {
  const layout = layoutOf(header, csv);
  return (record, line) => {
    const where = `${csv.path}:${line}`;
    const cells = separatedCells(record, layout.separator, where);
    if (cells.length !== layout.cells) {
      throw badRow(where, `${cells.length} cells`, `${layout.cells}, as in the first line`);
    }
    const vm = layout.vm === undefined ? csv.vm : cells[layout.vm]?.trim();
    if (vm === undefined || vm === '') throw badRow(where, 'an empty vm', 'its name');
    const time = timeIn(cells[layout.time] ?? '', csv.map.time.unit, where);
    return sampleOf(time, vm, numbersOf(cells, layout, { csv, where }));
  };
}

const badRow = (where: string, got: string, wanted: string): Fault =>
  new Fault('CSV_ROW', `${where}: ${got}, wanted ${wanted}`);

/** Where the mapped columns are. */
interface Layout {
  readonly separator: Separator;
  readonly cells: number;
  readonly time: number;
  readonly vm: number | undefined;
  readonly numbers: readonly (NumberMapping & { readonly at: number })[];
}

function layoutOf(header: string, csv: ForeignCsv): Layout {
  const { path, map, separator: asked, vm } = csv;
  const separator = asked ?? separatorOf(header);
  const names = separatedCells(header, separator, `${path}:1`).map((name) => name.trim());
  const find = (source: string): number => {
    const at = names.indexOf(source);
    if (at >= 0) return at;
    const got = names.map((name) => `"${name}"`).join(', ');
    throw new Fault('CSV_HEADER', `${path}:1: no column "${source}", got ${got}`);
  };
  if (map.vm === undefined && vm === undefined) {
    throw new Fault('USAGE', 'whose rows are these? map a column with --map vm=Column, or give --vm NAME');
  }
  checkShares(csv);
  return {
    separator,
    cells: names.length,
    time: find(map.time.source),
    vm: map.vm === undefined ? undefined : find(map.vm),
    numbers: map.numbers.map((number) => ({ ...number, at: find(number.source) })),
  };
}

/** A share of what nobody says would be an empty column. */
function checkShares({ map, capacity }: ForeignCsv): void {
  const known = new Set<NumberColumn>(map.numbers.map(({ column }) => column));
  for (const column of Object.keys(columnsOf(capacity))) known.add(column as NumberColumn);
  for (const { column, unit } of map.numbers) {
    if (unit.kind !== 'share' || typeof unit.of === 'number' || known.has(unit.of)) continue;
    const advice = `map it, or give --capacity, or write percent-of=8`;
    throw new Fault('USAGE', `--map ${column} is a share of ${unit.of}, which is not known: ${advice}`);
  }
}

function numbersOf(
  cells: readonly string[],
  { numbers }: Layout,
  { csv, where }: { readonly csv: ForeignCsv; readonly where: string },
): Partial<Record<NumberColumn, number>> {
  const found: Partial<Record<NumberColumn, number>> = columnsOf(csv.capacity);
  for (const { column, at, unit, source } of numbers) {
    const text = cells[at] ?? '';
    const cell = csv.decimalComma === true ? text.replace(',', '.') : text;
    const value = valueOf(cell, unit, (other) => found[other] ?? Number.NaN);
    if (value === undefined) throw badRow(where, `${source} "${text}"`, `a number from 0 up for ${column}, or nothing`);
    if (!Number.isNaN(value)) found[column] = value;
  }
  return found;
}

const TIME_WANTED: Readonly<Record<TimeUnit, string>> = {
  s: 'seconds since 1970',
  ms: 'milliseconds since 1970',
  iso: 'ISO 8601 such as 2026-11-01T12:00:00Z',
  auto: 'seconds or milliseconds since 1970, or ISO 8601',
};

function timeIn(cell: string, unit: TimeUnit, where: string): EpochMs {
  const text = cell.trim();
  const isNumber = /^[\d.]+$/.test(text);
  const isWanted = unit === 'auto' || isNumber === (unit !== 'iso');
  const time = isWanted ? readTime(text, isNumber, unit) : undefined;
  if (time === undefined) throw badRow(where, `time "${cell}"`, TIME_WANTED[unit]);
  return time;
}

function readTime(text: string, isNumber: boolean, unit: TimeUnit): EpochMs | undefined {
  const isMilliseconds = isNumber && (unit === 'ms' || (unit === 'auto' && Number(text) >= FIRST_MILLISECONDS));
  if (!isMilliseconds) return text === '' ? undefined : timeOf(text);
  const time = Math.round(Number(text));
  return Number.isSafeInteger(time) ? time : undefined;
}

const columnsOf = ({ cpu, memory }: TraceSample['capacity']): Partial<Record<NumberColumn, number>> => ({
  ...(cpu !== undefined && { cpu_capacity: cpu }),
  ...(memory !== undefined && { memory_capacity: memory }),
});

function sampleOf(time: EpochMs, vm: VmId, numbers: Readonly<Partial<Record<NumberColumn, number>>>): TraceSample {
  const { cpu_capacity: cpu, memory_capacity: memory } = numbers;
  const use = Object.fromEntries(Object.entries(numbers).filter(([column]) => isMeter(column as NumberColumn)));
  return { time, vm, use, capacity: { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) } };
}
