import { Fault } from '../../core/fault.ts';
import type { BlockRequest } from '../../core/whatif/block-request.ts';
import { numberOf } from './csv-cells.ts';
import { cellsOf, readRecords } from './csv-records.ts';

const COLUMNS = ['time', 'op', 'size', 'lbn'] as const;
type Column = (typeof COLUMNS)[number];

/** Bytes of a logical block: what `lbn` counts, whatever the device's own sector is. */
const SECTOR_BYTES = 512;
/** The only version of the format that is known; files without the column are taken as it. */
const VERSION = '1';
/** Longest request: larger ones are a wrong unit, and would be cut into millions of pages. */
const MOST_REQUEST_BYTES = 2 ** 28;
const MOST_LBN = Math.floor(Number.MAX_SAFE_INTEGER / SECTOR_BYTES) - MOST_REQUEST_BYTES;
/** SCSI operation codes of READ and WRITE (6, 10, 12, 16 byte commands; SBC-4), and words for them. */
const KINDS: Readonly<Record<string, BlockRequest['kind']>> = {
  '8': 'read',
  '08': 'read',
  '28': 'read',
  a8: 'read',
  '88': 'read',
  r: 'read',
  read: 'read',
  '0a': 'write',
  '2a': 'write',
  aa: 'write',
  '8a': 'write',
  w: 'write',
  write: 'write',
};

/**
 * The requests of a block I/O trace, `.csv` or `.csv.gz`, with the columns `time` (seconds), `op` (SCSI code in hex, or read and
 * write), `size` (bytes), `lbn` (in 512 bytes) in any order; `version` must be 1 where it is there, others are left out.
 * In the file's order, which is that of completion in some traces: times may go back a little. Throws Fault USAGE when
 * the file cannot be read, CSV_HEADER when it lacks columns, CSV_ROW, with the line, for a cell that makes no sense.
 */
export async function* readBlockIo(path: string): AsyncGenerator<readonly BlockRequest[]> {
  let header: Header | undefined;
  for await (const { texts, lines } of readRecords(path)) {
    const requests: BlockRequest[] = [];
    for (const [index, text] of texts.entries()) {
      const where = `${path}:${lines[index] ?? 0}`;
      const cells = cellsOf(text, where).map((cell) => cell.trim());
      if (header === undefined) header = headerOf(cells, path);
      else requests.push(requestOf(cells, header, where));
    }
    yield requests;
  }
  if (header === undefined) throw new Fault('CSV_HEADER', `${path} is empty, wanted a first line ${COLUMNS.join(',')}`);
}

interface Header {
  readonly cells: number;
  readonly at: Readonly<Record<Column, number>>;
  /** -1 when there is no such column. */
  readonly version: number;
}

function headerOf(cells: readonly string[], path: string): Header {
  const names = cells.map((cell) => cell.toLowerCase());
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const got = `the columns ${names.join(',')}`;
    throw new Fault(
      'CSV_HEADER',
      `${path} has ${got} and lacks ${missing.join(', ')}, wanted a block I/O trace: version,time,op,size,lbn`,
    );
  }
  const [time, op, size, lbn] = COLUMNS.map((column) => names.indexOf(column)) as [number, number, number, number];
  return { cells: cells.length, at: { time, op, size, lbn }, version: names.indexOf('version') };
}

function requestOf(cells: readonly string[], { cells: wanted, at, version }: Header, where: string): BlockRequest {
  if (cells.length !== wanted) throw bad(where, `${cells.length} cells`, `${wanted}, as in the first line`);
  const cell = (index: number): string => cells[index] ?? '';
  if (version >= 0 && cell(version) !== VERSION) throw bad(where, `version "${cell(version)}"`, VERSION);
  const kind = KINDS[cell(at.op).toLowerCase().replace(/^0x/, '')];
  if (kind === undefined) throw bad(where, `op "${cell(at.op)}"`, '28 or read, 2a or write, or another such SCSI code');
  const time = numberOf(cell(at.time));
  if (time === undefined || Number.isNaN(time)) throw bad(where, `time "${cell(at.time)}"`, 'seconds');
  const bytes = wholeOf(cell(at.size), { least: 1, most: MOST_REQUEST_BYTES, where, column: 'size' });
  const lbn = wholeOf(cell(at.lbn), { least: 0, most: MOST_LBN, where, column: 'lbn' });
  return { time, kind, offset: lbn * SECTOR_BYTES, bytes };
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly where: string;
  readonly column: Column;
}

function wholeOf(cell: string, { least, most, where, column }: Bounds): number {
  const value = numberOf(cell);
  if (value !== undefined && Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(where, `${column} "${cell}"`, `a whole number from ${least} to ${most}`);
}

const bad = (where: string, got: string, wanted: string): Fault =>
  new Fault('CSV_ROW', `${where}: ${got}, wanted ${wanted}`);
