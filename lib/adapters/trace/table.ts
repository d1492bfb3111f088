import { Fault } from '../../core/fault.ts';
import { ColumnCoder, CONTEXTS } from './column.ts';
import type { Column } from './column.ts';
import { codeMagnitude, LengthTrack } from './magnitude.ts';
import { malformed } from './malformed.ts';
import { RangeReader, RangeWriter } from './range-coder.ts';
import type { BitCoder } from './range-coder.ts';

/** Rows of one table of a batch. */
const MAX_ROWS = 65_536;
/** Columns of one table: bounds the work for tables of few rows. */
const MAX_COLUMNS = 1_024;
/** Rows times columns, summed over the tables of a batch: bounds the memory that a small record can ask for. */
const MAX_CELLS = 1_048_576;

/** Rows of numbers by column number; a column that is not there has no value in any row. */
export interface Rows {
  readonly count: number;
  readonly columns: ReadonlyMap<number, Column>;
}

/** Counts the cells of a batch and refuses, before anything is made for them, those above MAX_CELLS. */
class CellBudget {
  #left = MAX_CELLS;

  /** Throws Fault TRACE_TOO_LARGE. */
  spend(rows: number, columns: number): void {
    if (rows > MAX_ROWS) throw tooLarge(`a table of ${rows} rows, wanted at most ${MAX_ROWS}`);
    if (columns > MAX_COLUMNS) throw tooLarge(`a table of ${columns} columns, wanted at most ${MAX_COLUMNS}`);
    this.#left -= rows * columns;
    if (this.#left < 0) throw tooLarge(`more than ${MAX_CELLS} values`);
  }
}

/** Collects rows whose columns are all filled, or not, row by row. */
export class RowBuilder {
  readonly #columns = new Map<number, number[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Sets a value of the row that `end` will close. */
  set(column: number, value: number): void {
    let values = this.#columns.get(column);
    if (values === undefined) {
      values = [];
      this.#columns.set(column, values);
    }
    while (values.length < this.#count) values.push(Number.NaN);
    values.push(value);
  }

  end(): void {
    this.#count += 1;
  }

  /** The rows so far, columns in rising order of their numbers, so that equal rows give equal bytes. */
  finish(): Rows {
    const numbers = [...this.#columns.keys()].sort((left, right) => left - right);
    const columns = new Map(numbers.map((number) => [number, this.#filled(number)]));
    return { count: this.#count, columns };
  }

  #filled(number: number): Column {
    const filled = new Float64Array(this.#count).fill(Number.NaN);
    filled.set(this.#columns.get(number) ?? []);
    return filled;
  }
}

/** How the columns of a table may be alike. */
interface TableLikeness {
  readonly lags: readonly number[];
  /** The column that names something, rather than says how much. */
  readonly key: number;
}

/** Writes the tables of a batch into one string of bytes. */
export class TableWriter {
  readonly #out = new RangeWriter(CONTEXTS);
  readonly #heads = new HeadCoder(this.#out);
  readonly #columns = new ColumnCoder(this.#out);
  readonly #budget = new CellBudget();

  /** Adds a table. Throws Fault TRACE_TOO_LARGE. */
  add({ count, columns }: Rows, { lags, key }: TableLikeness): void {
    this.#budget.spend(count, columns.size);
    this.#heads.size(count, columns.size);
    const tilt = new Int32Array(count);
    for (const [number, column] of columns) {
      this.#heads.number(number);
      this.#columns.write(column, { lags, isKey: number === key, tilt });
    }
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}

/** Reads what a TableWriter wrote, in the same order. */
export class TableReader {
  readonly #input: RangeReader;
  readonly #heads: HeadCoder;
  readonly #columns: ColumnCoder;
  readonly #budget = new CellBudget();

  constructor(bytes: Uint8Array) {
    this.#input = new RangeReader(bytes, CONTEXTS);
    this.#heads = new HeadCoder(this.#input);
    this.#columns = new ColumnCoder(this.#input);
  }

  /** The rows of the next table. Throws Fault TRACE_MALFORMED or TRACE_TOO_LARGE. */
  next(): Rows {
    const { rows, width } = this.#heads.size(0, 0);
    this.#budget.spend(rows, width);
    const columns = new Map<number, Column>();
    const tilt = new Int32Array(rows);
    for (let index = 0; index < width; index += 1) {
      const number = this.#heads.number(0);
      if (columns.has(number)) throw malformed(`column ${number} is there twice`);
      columns.set(number, this.#columns.read(tilt));
    }
    return { count: rows, columns };
  }

  /** Checks that all bytes were read. Throws Fault TRACE_MALFORMED. */
  finish(): void {
    this.#input.finish();
  }
}

/** Codes how large tables are and which columns they have, in rising order. */
class HeadCoder {
  readonly #coder: BitCoder;
  readonly #sizes = new LengthTrack(5);
  readonly #gaps = new LengthTrack(1);
  #last = 0;

  constructor(coder: BitCoder) {
    this.#coder = coder;
  }

  size(rows: number, width: number): { rows: number; width: number } {
    this.#last = 0;
    const coded = codeMagnitude(this.#coder, this.#sizes, rows);
    return { rows: coded, width: coded === 0 ? 0 : codeMagnitude(this.#coder, this.#sizes, width) };
  }

  number(number: number): number {
    this.#last += codeMagnitude(this.#coder, this.#gaps, number - this.#last);
    return this.#last;
  }
}

/** A column that has a value in every row. Throws Fault TRACE_MALFORMED when it has not. */
export function filledColumn({ count, columns }: Rows, number: number): Column {
  const column = columns.get(number) ?? new Float64Array(count).fill(Number.NaN);
  const row = column.findIndex((value) => Number.isNaN(value));
  if (row >= 0) throw malformed(`row ${row} has no value in column ${number}`);
  return column;
}

const tooLarge = (what: string): Fault =>
  new Fault('TRACE_TOO_LARGE', `trace batch is too large: ${what}; send fewer frames at once`);
