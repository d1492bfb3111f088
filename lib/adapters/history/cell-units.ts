import { Fault } from '../../core/fault.ts';
import { bytesOf, numberOf } from '../trace/csv-cells.ts';
import { NUMBER_COLUMNS } from '../trace/csv-columns.ts';

export type NumberColumn = (typeof NUMBER_COLUMNS)[number];
export type TargetColumn = 'time' | 'vm' | NumberColumn;

/** How the cells of a column are read: a factor, or a share of another column or of a number. */
export type CellUnit =
  | { readonly kind: 'times'; readonly factor: number }
  | { readonly kind: 'share'; readonly of: NumberColumn | number }
  /** Bytes with suffixes, as in a trace CSV. */
  | { readonly kind: 'suffixed' };

const CPU_UNITS: Readonly<Record<string, number>> = { vcpu: 1, cores: 1, mcpu: 1e-3, percent: 1e-2 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const BITS: Readonly<Record<string, number>> = {
  'bit/s': 1 / 8,
  'kbit/s': 125,
  'Mbit/s': 125_000,
  'Gbit/s': 125_000_000,
};
const RATES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(BYTES).map(([name, factor]) => [`${name}/s`, factor])),
  ...BITS,
};

/**
 * Reads a unit of `--map` for a number column.
 *
 *   cpu, cpu_capacity        vcpu (default), cores, mcpu (thousandths), percent (100 is one vCPU), MHz=2600 (of a vCPU with that clock)
 *   memory, memory_capacity  B (default; suffixes count), KB MB GB TB (powers of 1000), KiB MiB GiB TiB
 *   disk_*, net_*            B/s (default; suffixes count), KB/s ... TiB/s, bit/s kbit/s Mbit/s Gbit/s
 *   cpu, memory              percent-of=cpu_capacity, percent-of=memory_capacity, percent-of=8
 *
 * Throws Fault USAGE for others.
 */
export function parseUnit(text: string | undefined, column: NumberColumn): CellUnit {
  const isCpu = column.startsWith('cpu');
  if (text === undefined) return isCpu ? { kind: 'times', factor: 1 } : { kind: 'suffixed' };
  const [name = '', value] = text.split('=');
  if (name === 'percent-of') return { kind: 'share', of: wholeOf(value, column) };
  const units = unitsOf(column);
  const factor = name === 'MHz' && isCpu ? 1 / positive(value, text) : units[text];
  if (factor !== undefined) return { kind: 'times', factor };
  const others = [...Object.keys(units), ...(isCpu ? ['MHz=<clock>'] : []), 'percent-of=<column or number>'];
  throw new Fault('USAGE', `--map ${column} got unit "${text}", wanted one of ${others.join(', ')}`);
}

/** The value of a cell in the column's unit: NaN when it is empty, undefined when it is no number from 0 up. */
export function valueOf(cell: string, unit: CellUnit, of: (column: NumberColumn) => number): number | undefined {
  if (unit.kind === 'suffixed') return bytesOf(cell);
  const value = numberOf(cell);
  if (value === undefined || Number.isNaN(value)) return value;
  if (unit.kind === 'times') return rounded(value * unit.factor);
  return rounded((value / 100) * (typeof unit.of === 'number' ? unit.of : of(unit.of)));
}

/** Units of columns that are a factor. */
function unitsOf(column: NumberColumn): Readonly<Record<string, number>> {
  if (column.startsWith('cpu')) return CPU_UNITS;
  return column.startsWith('memory') ? BYTES : RATES;
}

function wholeOf(value: string | undefined, column: NumberColumn): NumberColumn | number {
  const named = NUMBER_COLUMNS.find((name) => name === value);
  if (named !== undefined && named !== column) return named;
  return positive(value, `percent-of=${value ?? ''}`);
}

function positive(value: string | undefined, text: string): number {
  const number = value === undefined || value === '' ? Number.NaN : Number(value);
  if (number > 0 && number < Infinity) return number;
  throw new Fault('USAGE', `--map got "${text}", wanted a number above 0 after =, or for percent-of a column`);
}

/** Ten digits are more than any source has. */
const rounded = (value: number): number => Number(value.toPrecision(10));
