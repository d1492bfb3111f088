import { METERS } from '../../core/meter.ts';
import type { Allocation, Meter } from '../../core/meter.ts';
import { FRAME_FIELDS } from '../../core/trace/fields.ts';
import type { FrameField } from '../../core/trace/fields.ts';
import type { Frame, Tally } from '../../core/trace/frame.ts';
import type { Column } from './column.ts';
import { LISTS } from './frame-lists.ts';
import type { ListFormat, ListName } from './frame-lists.ts';
import { malformed } from './malformed.ts';
import type { NameAt, NameTable } from './name-table.ts';
import { filledColumn, RowBuilder } from './table.ts';
import type { Rows, TableReader, TableWriter } from './table.ts';
import { FrameColumn } from './trace_pb.ts';
import { whole } from './whole.ts';

/** In the order in which their tables follow the one of the frames. */
const LIST_NAMES: readonly ListName[] = ['disks', 'nics', 'syscalls', 'exits', 'ages'];
const FIELDS = Object.entries(FRAME_FIELDS) as [FrameField, number][];
const LIMITS: Readonly<Record<Meter, FrameColumn>> = {
  cpu: FrameColumn.ALLOCATION_CPU,
  memory: FrameColumn.ALLOCATION_MEMORY,
  disk_read: FrameColumn.ALLOCATION_DISK_READ,
  disk_write: FrameColumn.ALLOCATION_DISK_WRITE,
  net_rx: FrameColumn.ALLOCATION_NET_RX,
  net_tx: FrameColumn.ALLOCATION_NET_TX,
};
/** A limit on cpu travels in millionths of a vCPU, which holds any quota of whole microseconds per 100 ms exactly. */
const CPU_PARTS = 1_000_000;

/** A field that is as a rule the sum of a list of the frame: then only what is beyond it travels. */
interface Total {
  readonly field: FrameField;
  readonly list: 'syscalls' | 'exits';
  readonly others: FrameColumn;
}
const TOTALS: readonly Total[] = [
  { field: 'systemCalls', list: 'syscalls', others: FrameColumn.OTHER_SYSTEM_CALLS },
  { field: 'vmExits', list: 'exits', others: FrameColumn.OTHER_VM_EXITS },
];

/** Adds the tables of frames and their lists. Throws RangeError for a number that the format cannot hold, Fault TRACE_TOO_LARGE. */
export function writeFrames(writer: TableWriter, frames: readonly Frame[], names: NameTable): void {
  const period = periodOf(frames);
  writer.add(frameRows(frames, names), { lags: [period, 1], key: FrameColumn.VM });
  for (const name of LIST_NAMES) {
    const lengths = frames.map((frame) => frame[name]?.length ?? 0);
    const perRound = lengths.slice(0, period).reduce((sum, length) => sum + length, 0);
    const key = LISTS[name].columns[0][0];
    writer.add(listRows(frames, name, names), { lags: [perRound, lengths[0] ?? 0, 1], key });
  }
}

/** Reads what `writeFrames` wrote. Throws Fault TRACE_MALFORMED or TRACE_TOO_LARGE. */
export function readFrames(reader: TableReader, nameAt: NameAt): Frame[] {
  const rows = reader.next();
  const vm = filledColumn(rows, FrameColumn.VM);
  const at = filledColumn(rows, FrameColumn.AT);
  const interval = filledColumn(rows, FrameColumn.INTERVAL);
  const frames: Draft[] = Array.from({ length: rows.count }, (_, row) => ({
    vm: nameAt(vm[row] ?? 0),
    at: at[row] ?? 0,
    interval: interval[row] ?? 0,
    values: {},
  }));
  readValues(rows, frames);
  readAllocations(rows, frames);
  for (const name of LIST_NAMES) readList(name, { rows, items: reader.next(), frames, nameAt });
  for (const total of TOTALS) readTotal(total, rows.columns.get(total.others), frames);
  return frames;
}

/** A frame that is being read. */
interface Draft extends Omit<Frame, 'values' | 'allocation'> {
  readonly values: Partial<Record<FrameField, number>>;
  allocation?: Allocation;
}

/** Frames until the first VM comes round again: the distance at which a host's frames are alike. */
function periodOf(frames: readonly Frame[]): number {
  const next = frames.findIndex(({ vm }, row) => row > 0 && vm === frames[0]?.vm);
  return next < 0 ? frames.length : next;
}

function frameRows(frames: readonly Frame[], names: NameTable): Rows {
  const builder = new RowBuilder();
  const split = TOTALS.filter((total) => frames.every((frame) => othersOf(total, frame) >= 0));
  const fields = FIELDS.filter(([field]) => !split.some((total) => total.field === field));
  for (const frame of frames) {
    const said = `frame of ${frame.vm}`;
    builder.set(FrameColumn.VM, names.positionOf(frame.vm));
    builder.set(FrameColumn.AT, whole(`at in ${said}`, frame.at));
    builder.set(FrameColumn.INTERVAL, whole(`interval in ${said}`, frame.interval));
    for (const [field, number] of fields) {
      const value = frame.values[field];
      if (value !== undefined) builder.set(number, whole(`${field} in ${said}`, value));
    }
    for (const total of split) {
      if (frame.values[total.field] !== undefined) {
        builder.set(total.others, whole(`${total.field} in ${said}`, othersOf(total, frame)));
      }
    }
    for (const name of LIST_NAMES) {
      const list = frame[name];
      if (list !== undefined) builder.set(LISTS[name].lengthColumn, list.length);
    }
    setAllocation(builder, frame);
    builder.end();
  }
  return builder.finish();
}

/** What a total counts beyond its list: 0 where there is no total, negative where the list counts more. */
function othersOf({ field, list }: Total, frame: Frame): number {
  return (frame.values[field] ?? sumOf(frame[list])) - sumOf(frame[list]);
}

const sumOf = (tallies: readonly Tally[] | undefined): number =>
  tallies?.reduce((sum, { count }) => sum + count, 0) ?? 0;

function setAllocation(builder: RowBuilder, { vm, allocation }: Frame): void {
  if (allocation === undefined) return;
  builder.set(FrameColumn.ALLOCATION, 1);
  for (const meter of METERS) {
    const limit = allocation[meter];
    if (limit === undefined) continue;
    const value = meter === 'cpu' ? Math.round(limit * CPU_PARTS) : limit;
    builder.set(LIMITS[meter], whole(`allocation.${meter} in frame of ${vm}`, value));
  }
}

function listRows(frames: readonly Frame[], name: ListName, names: NameTable): Rows {
  const builder = new RowBuilder();
  const format: ListFormat<unknown> = LISTS[name];
  for (const frame of frames) {
    for (const item of frame[name] ?? []) {
      const row = format.toRow(item, names);
      format.columns.forEach(([column, property], index) => {
        builder.set(column, whole(`${name}.${property} in frame of ${frame.vm}`, row[index] ?? Number.NaN));
      });
      builder.end();
    }
  }
  return builder.finish();
}

function readValues({ columns }: Rows, frames: readonly Draft[]): void {
  for (const [field, number] of FIELDS) {
    const column = columns.get(number);
    if (column === undefined) continue;
    frames.forEach(({ values }, row) => {
      const value = column[row] ?? Number.NaN;
      if (!Number.isNaN(value)) values[field] = value;
    });
  }
}

function readTotal({ field, list }: Total, others: Column | undefined, frames: readonly Draft[]): void {
  frames.forEach((frame, row) => {
    const beyond = others?.[row] ?? Number.NaN;
    if (Number.isNaN(beyond)) return;
    const value = beyond + sumOf(frame[list]);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed(`${field} above 2^53 - 1`);
    frame.values[field] = value;
  });
}

function readAllocations({ columns }: Rows, frames: readonly Draft[]): void {
  const allocated = columns.get(FrameColumn.ALLOCATION);
  if (allocated === undefined) return;
  const limits = METERS.map((meter) => [meter, columns.get(LIMITS[meter])] as const);
  frames.forEach((frame, row) => {
    if (Number.isNaN(allocated[row])) return;
    const allocation: Partial<Record<Meter, number>> = {};
    for (const [meter, column] of limits) {
      const value = column?.[row] ?? Number.NaN;
      if (!Number.isNaN(value)) allocation[meter] = meter === 'cpu' ? value / CPU_PARTS : value;
    }
    frame.allocation = allocation;
  });
}

interface ListReading {
  /** The frames' table. */
  readonly rows: Rows;
  /** The list's table. */
  readonly items: Rows;
  readonly frames: readonly Draft[];
  readonly nameAt: NameAt;
}

function readList(name: ListName, { rows, items, frames, nameAt }: ListReading): void {
  const format: ListFormat<unknown> = LISTS[name];
  const lengths = rows.columns.get(format.lengthColumn);
  const columns = format.columns.map(([column]) => filledColumn(items, column));
  let next = 0;
  frames.forEach((frame, index) => {
    const length = lengths?.[index] ?? Number.NaN;
    if (Number.isNaN(length)) return;
    if (next + length > items.count) throw malformed(`${items.count} rows of ${name}, wanted more for frame ${index}`);
    const list = Array.from({ length }, (_, offset) =>
      format.fromRow(
        columns.map((column) => column[next + offset] ?? 0),
        nameAt,
      ),
    );
    (frame as Record<ListName, unknown>)[name] = list;
    next += length;
  });
  if (next !== items.count) throw malformed(`${items.count} rows of ${name}, wanted ${next}`);
}
