import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, messageOf } from '../../core/fault.ts';
import type { Meter } from '../../core/meter.ts';
import type { EpochMs, VmId } from '../../core/units.ts';
import { timeOf } from './csv-cells.ts';
import { headerOf, isMeter, NUMBER_COLUMNS } from './csv-columns.ts';
import type { Header } from './csv-columns.ts';
import { cellsOf, readRecords } from './csv-records.ts';
import type { CsvCell } from './csv-writer.ts';
import type { TraceSample } from './trace-sample.ts';

export { openCsvWriter } from './csv-writer.ts';
export type { CsvCell, CsvWriter } from './csv-writer.ts';
export { sampleOfFrame } from './frame-sample.ts';
export type { TraceSample } from './trace-sample.ts';

/** All rows of one VM, column by column; NaN is unknown. A meter that is never known is left out. */
export interface TraceSeries {
  readonly vm: VmId;
  /** Rising, milliseconds since 1970. */
  readonly times: Float64Array;
  readonly meters: Readonly<Partial<Record<Meter, Float64Array>>>;
  readonly cpuCapacity: Float64Array | undefined;
  readonly memoryCapacity: Float64Array | undefined;
}

/**
 * The rows of a trace CSV (`.csv` or `.csv.gz`), one by one. Throws Fault USAGE when the file cannot be read, CSV_HEADER when it
 * lacks columns, CSV_ROW (with the line) for a cell that makes no sense, or when a VM's times do not rise.
 */
export async function* readTraceCsv(path: string): AsyncGenerator<TraceSample> {
  for await (const { rows, header } of readRows(path)) {
    for (const row of rows) yield sampleOf(row, header);
  }
}

/** All rows of a trace CSV by VM, in the order in which the VMs appear. Throws as `readTraceCsv`. */
export async function readTraceSeries(path: string): Promise<Map<VmId, TraceSeries>> {
  const series = new Map<VmId, { times: number[]; columns: number[][] }>();
  let columns: Header['numbers'] = [];
  for await (const { rows, header } of readRows(path)) {
    columns = header.numbers;
    for (const { vm, time, numbers } of rows) {
      let own = series.get(vm);
      if (own === undefined) {
        own = { times: [], columns: columns.map(() => []) };
        series.set(vm, own);
      }
      own.times.push(time);
      for (let at = 0; at < numbers.length; at += 1) own.columns[at]?.push(numbers[at] ?? Number.NaN);
    }
  }
  return new Map(Array.from(series, ([vm, own]) => [vm, seriesOf(vm, own, columns)]));
}

/**
 * The trace CSV files of a path: the file itself, or the `*.csv` and `*.csv.gz` of a folder, sorted. Files of a folder whose first
 * line has no column `time` (labels, notes) are no traces and are left out. Throws Fault USAGE when there are none.
 */
export async function traceFilesOf(fileOrDir: string): Promise<string[]> {
  const names = await namesIn(fileOrDir);
  if (names === undefined) return [fileOrDir];
  const csv = names.filter((name) => name.endsWith('.csv') || name.endsWith('.csv.gz')).sort();
  const files: string[] = [];
  for (const name of csv) {
    const path = join(fileOrDir, name);
    if (await hasTimes(path)) files.push(path);
  }
  if (files.length === 0) {
    const got = csv.length === 0 ? 'no *.csv or *.csv.gz' : `${csv.length} CSV files, none with a column time`;
    throw new Fault('USAGE', `${fileOrDir} has ${got}, wanted traces: name a trace CSV or a folder of them`);
  }
  return files;
}

async function hasTimes(path: string): Promise<boolean> {
  for await (const { texts } of readRecords(path)) {
    const [first] = texts;
    if (first === undefined) continue;
    return cellsOf(first, `${path}:1`).some((cell) => cell.trim().toLowerCase() === 'time');
  }
  return false;
}

interface Row {
  readonly vm: VmId;
  readonly time: EpochMs;
  /** In the order of `Header.numbers`; NaN is unknown. */
  readonly numbers: readonly number[];
}

async function* readRows(path: string): AsyncGenerator<{ rows: Row[]; header: Header }> {
  const last = new Map<VmId, EpochMs>();
  let header: Header | undefined;
  for await (const { texts, lines } of readRecords(path)) {
    const rows: Row[] = [];
    for (const [index, text] of texts.entries()) {
      const line = lines[index] ?? 0;
      if (header === undefined) {
        header = headerOf(cellsOf(text, `${path}:${line}`), path);
        continue;
      }
      const row = rowOf(text, header, { path, line });
      checkOrder(row, last, { path, line });
      rows.push(row);
    }
    if (header !== undefined) yield { rows, header };
  }
  if (header === undefined)
    throw new Fault('CSV_HEADER', `${path} is empty, wanted a first line with time, vm, cpu, ...`);
}

interface Place {
  readonly path: string;
  readonly line: number;
}

function rowOf(text: string, header: Header, place: Place): Row {
  const cells = text.includes('"') ? cellsOf(text, placeName(place)) : text.split(',');
  if (cells.length !== header.cells)
    throw badRow(place, `${cells.length} cells`, `${header.cells}, as in the first line`);
  const vm = cells[header.vm]?.trim() ?? '';
  if (vm === '') throw badRow(place, 'an empty vm', 'its name');
  const timeCell = cells[header.time] ?? '';
  const time = timeOf(timeCell);
  if (time === undefined) throw badRow(place, `time "${timeCell}"`, 'seconds or ISO 8601, from 1970 on');
  return { vm, time, numbers: numbersOf(cells, header, place) };
}

function numbersOf(cells: readonly string[], header: Header, place: Place): number[] {
  const numbers: number[] = [];
  for (const { at, read, column, wanted } of header.numbers) {
    const cell = cells[at] ?? '';
    const value = cell === '' ? Number.NaN : read(cell);
    if (value === undefined) throw badRow(place, `${column} "${cell}"`, wanted);
    numbers.push(value);
  }
  return numbers;
}

function checkOrder({ vm, time }: Row, last: Map<VmId, EpochMs>, place: Place): void {
  const before = last.get(vm);
  if (before !== undefined && time <= before) {
    const got = `time ${time / 1_000} of ${vm} ${time === before ? 'a second time' : `after ${before / 1_000}`}`;
    throw badRow(place, got, 'rising times for each vm: sort the file by time');
  }
  last.set(vm, time);
}

const placeName = ({ path, line }: Place): string => `${path}:${line}`;

const badRow = (place: Place, got: string, wanted: string): Fault =>
  new Fault('CSV_ROW', `${placeName(place)}: ${got}, wanted ${wanted}`);

function sampleOf({ vm, time, numbers }: Row, header: Header): TraceSample {
  const use: Partial<Record<Meter, number>> = {};
  const capacity: { cpu?: number; memory?: number } = {};
  for (const [index, { column }] of header.numbers.entries()) {
    const value = numbers[index] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (isMeter(column)) use[column] = value;
    else capacity[column === 'cpu_capacity' ? 'cpu' : 'memory'] = value;
  }
  return { time, vm, use, capacity };
}

function seriesOf(
  vm: VmId,
  { times, columns }: { readonly times: readonly number[]; readonly columns: readonly (readonly number[])[] },
  numbers: Header['numbers'],
): TraceSeries {
  const known = new Map(
    numbers
      .map(({ column }, index) => [column, Float64Array.from(columns[index] ?? [])] as const)
      .filter(([, values]) => values.some((value) => !Number.isNaN(value))),
  );
  const meters = Object.fromEntries(Array.from(known).filter(([column]) => isMeter(column)));
  return {
    vm,
    times: Float64Array.from(times),
    meters,
    cpuCapacity: known.get('cpu_capacity'),
    memoryCapacity: known.get('memory_capacity'),
  };
}

/** The names in a folder, or undefined when the path is a file. */
async function namesIn(path: string): Promise<string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (thrown) {
    throw new Fault('USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** A sample as the cells of a row under `TRACE_COLUMNS`: seconds, the VM, then the numbers; unknown ones stay empty. */
export function cellsOfSample({ time, vm, use, capacity }: TraceSample): CsvCell[] {
  const numbers = NUMBER_COLUMNS.map((column) => {
    if (isMeter(column)) return use[column];
    return column === 'cpu_capacity' ? capacity.cpu : capacity.memory;
  });
  return [time / 1_000, vm, ...numbers];
}
