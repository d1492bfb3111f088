import { RESOURCE_OF, type Meter } from '../core/meter.ts';

/** A unit that people read, and how many of the meter's own units it is. */
export interface DisplayUnit {
  readonly name: string;
  readonly size: number;
}

const CPU: readonly DisplayUnit[] = [{ name: 'vCPU', size: 1 }];
const BYTES = binaryUnits('');
const RATES = binaryUnits('/s');

const METER_NAMES: Readonly<Record<Meter, string>> = {
  cpu: 'cpu',
  memory: 'memory',
  disk_read: 'disk read',
  disk_write: 'disk write',
  net_rx: 'network in',
  net_tx: 'network out',
};

/** A meter in plain words; network is seen from the primary. */
export const meterName = (meter: Meter): string => METER_NAMES[meter];

/** The largest unit in which `value` is at least 1; bytes go by powers of 1024, as in the reasons of decisions. */
export function unitFor(meter: Meter, value: number): DisplayUnit {
  const units = unitsOf(meter);
  const fitting = units.filter((unit) => value >= unit.size).at(-1);
  return fitting ?? units[0] ?? { name: '', size: 1 };
}

/** `1.5 vCPU`, `512 MiB`, `1.25 MiB/s`; an unknown value is a dash. */
export function formatValue(meter: Meter, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const unit = unitFor(meter, value);
  return `${formatNumber(value / unit.size)} ${unit.name}`;
}

/** Two values in one unit, the larger one's: `0.82 / 1.5 vCPU`; without a limit the value alone. */
export function formatOf(meter: Meter, value: number | undefined, limit: number | undefined): string {
  if (limit === undefined || value === undefined) return formatValue(meter, value);
  return formatTogether(meter, [value, limit], ' / ');
}

/** `1 → 1.5 vCPU`; what is not known is a question mark. */
export function formatChange(meter: Meter, from: number | undefined, to: number | undefined): string {
  return formatTogether(meter, [from, to], ' → ');
}

/** Three significant digits and at most two decimals: 0.12, 1.5, 12.3, 512; less than half a hundredth is `<0.01`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.005) return '<0.01';
  return String(size >= 100 ? Math.round(value) : Number(value.toFixed(size >= 10 ? 1 : 2)));
}

function formatTogether(meter: Meter, values: readonly (number | undefined)[], between: string): string {
  const known = values.filter((value) => value !== undefined);
  const unit = unitFor(meter, Math.max(0, ...known));
  const numbers = values.map((value) => (value === undefined ? '?' : formatNumber(value / unit.size)));
  return `${numbers.join(between)} ${unit.name}`;
}

function unitsOf(meter: Meter): readonly DisplayUnit[] {
  const resource = RESOURCE_OF[meter];
  if (resource === 'cpu') return CPU;
  return resource === 'memory' ? BYTES : RATES;
}

function binaryUnits(per: string): readonly DisplayUnit[] {
  return ['B', 'KiB', 'MiB', 'GiB', 'TiB'].map((name, power) => ({ name: `${name}${per}`, size: 1024 ** power }));
}
