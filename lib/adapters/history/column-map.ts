import { Fault } from '../../core/fault.ts';
import { NUMBER_COLUMNS, TRACE_COLUMNS } from '../trace/csv-columns.ts';
import { parseUnit, type CellUnit, type NumberColumn } from './cell-units.ts';

/** How the time column is written. `auto`: ISO 8601, or a number that is milliseconds from 1e11 up and else seconds. */
export type TimeUnit = 's' | 'ms' | 'iso' | 'auto';

/** Which columns of a foreign CSV are what. */
export interface ColumnMap {
  readonly time: { readonly source: string; readonly unit: TimeUnit };
  /** Absent when the whole file is one VM's. */
  readonly vm: string | undefined;
  /** Shares of other columns last, so that these are known by then. */
  readonly numbers: readonly NumberMapping[];
}

export interface NumberMapping {
  readonly column: NumberColumn;
  readonly source: string;
  readonly unit: CellUnit;
}

/** One `target=Source[:unit]`; the source may be quoted. */
const MAPPING = /^\s*(\w+)\s*=\s*(?:"((?:[^"]|"")+)"|([^":]+))\s*(?::\s*(\S+)\s*)?$/;
const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'iso', 'auto'];

/**
 * Reads `time=Timestamp,vm=Host,cpu=cpu_pct:percent-of=cpu_capacity,...`: columns of the trace on the left, the file's own on the
 * right, quoted when they hold a comma or a colon. Throws Fault USAGE that names the part that is wrong.
 */
export function parseColumnMap(text: string): ColumnMap {
  const parts = splitOutsideQuotes(text).map(parsePart);
  const targets = parts.map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw new Fault('USAGE', `--map names ${twice} twice, wanted once`);
  const time = parts.find(({ target }) => target === 'time');
  if (time === undefined) throw new Fault('USAGE', '--map names no time, wanted for instance time=Timestamp');
  const numbers = NUMBER_COLUMNS.flatMap((column): NumberMapping[] => {
    const part = parts.find(({ target }) => target === column);
    return part === undefined ? [] : [{ column, source: part.source, unit: parseUnit(part.unit, column) }];
  });
  if (!numbers.some(({ column }) => !column.endsWith('_capacity'))) {
    throw new Fault('USAGE', '--map names nothing that is used, wanted at least one of cpu, memory, disk_read, ...');
  }
  const vm = parts.find(({ target }) => target === 'vm');
  if (vm?.unit !== undefined) throw new Fault('USAGE', `--map vm got unit "${vm.unit}", wanted none`);
  return {
    time: { source: time.source, unit: timeUnit(time.unit) },
    vm: vm?.source,
    numbers: numbers.sort((left, right) => rank(left) - rank(right)),
  };
}

const rank = ({ unit }: NumberMapping): number => (unit.kind === 'share' ? 1 : 0);

interface Part {
  readonly target: string;
  readonly source: string;
  readonly unit: string | undefined;
}

function parsePart(text: string): Part {
  const [match, target = '', quoted, plain, unit] = MAPPING.exec(text) ?? [];
  const source = quoted?.replaceAll('""', '"') ?? plain?.trim() ?? '';
  if (match === undefined || source === '') {
    throw new Fault('USAGE', `--map got "${text.trim()}", wanted target=Column or target=Column:unit`);
  }
  if (!(TRACE_COLUMNS as readonly string[]).includes(target)) {
    throw new Fault('USAGE', `--map got target "${target}", wanted one of ${TRACE_COLUMNS.join(', ')}`);
  }
  return { target, source, unit };
}

function timeUnit(text: string | undefined): TimeUnit {
  const unit = TIME_UNITS.find((known) => known === (text ?? 'auto'));
  if (unit === undefined) throw new Fault('USAGE', `--map time got unit "${text ?? ''}", wanted s, ms, iso or auto`);
  return unit;
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/(?:"(?:[^"]|"")*"|[^",])+/g) ?? [];
}
