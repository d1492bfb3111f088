import type { AgeBand, DiskUse, Frame, NicUse, Tally } from '../../core/trace/frame.ts';
import { malformed } from './malformed.ts';
import type { NameAt, NameTable } from './name-table.ts';
import { AgeColumn, DiskColumn, FrameColumn, NicColumn, TallyColumn } from './trace_pb.ts';

/** The lists of a frame, each a table of its own in a batch. */
export type ListName = 'disks' | 'nics' | 'syscalls' | 'exits' | 'ages';
type Item<Name extends ListName> = NonNullable<Frame[Name]>[number];

type ListColumn = readonly [column: number, property: string];

/** How the items of one list become rows of numbers and come back. */
export interface ListFormat<T> {
  /** The column of the frames' table that says how many rows are this frame's. */
  readonly lengthColumn: FrameColumn;
  /** Columns, in the order of the numbers of a row, with the property that each holds; the first one is the item's key. */
  readonly columns: readonly [key: ListColumn, ...rest: ListColumn[]];
  toRow(item: T, names: NameTable): readonly number[];
  fromRow(row: readonly number[], nameAt: NameAt): T;
}

/** Keys of tallies go from -1 to this: numbers of system calls and exit reasons are 32 bits wide. */
const MAX_KEY = 2 ** 32 - 1;

const DISKS: ListFormat<DiskUse> = {
  lengthColumn: FrameColumn.DISKS,
  columns: [
    [DiskColumn.NAME, 'name'],
    [DiskColumn.READS, 'reads'],
    [DiskColumn.WRITES, 'writes'],
    [DiskColumn.FLUSHES, 'flushes'],
    [DiskColumn.READ_BYTES, 'readBytes'],
    [DiskColumn.WRITE_BYTES, 'writeBytes'],
    [DiskColumn.READ_US, 'readUs'],
    [DiskColumn.WRITE_US, 'writeUs'],
    [DiskColumn.BUSY_US, 'busyUs'],
    [DiskColumn.QUEUE_US, 'queueUs'],
  ],
  toRow: (disk, names) => [
    names.positionOf(disk.name),
    disk.reads,
    disk.writes,
    disk.flushes,
    disk.readBytes,
    disk.writeBytes,
    disk.readUs,
    disk.writeUs,
    disk.busyUs,
    disk.queueUs,
  ],
  fromRow: (row, nameAt) => {
    const [name = 0, reads = 0, writes = 0, flushes = 0, readBytes = 0, writeBytes = 0, ...times] = row;
    const [readUs = 0, writeUs = 0, busyUs = 0, queueUs = 0] = times;
    return { name: nameAt(name), reads, writes, flushes, readBytes, writeBytes, readUs, writeUs, busyUs, queueUs };
  },
};

const NICS: ListFormat<NicUse> = {
  lengthColumn: FrameColumn.NICS,
  columns: [
    [NicColumn.NAME, 'name'],
    [NicColumn.RX_BYTES, 'rxBytes'],
    [NicColumn.RX_PACKETS, 'rxPackets'],
    [NicColumn.RX_DROPS, 'rxDrops'],
    [NicColumn.TX_BYTES, 'txBytes'],
    [NicColumn.TX_PACKETS, 'txPackets'],
    [NicColumn.TX_DROPS, 'txDrops'],
  ],
  toRow: (nic, names) => [
    names.positionOf(nic.name),
    nic.rxBytes,
    nic.rxPackets,
    nic.rxDrops,
    nic.txBytes,
    nic.txPackets,
    nic.txDrops,
  ],
  fromRow: ([name = 0, rxBytes = 0, rxPackets = 0, rxDrops = 0, txBytes = 0, txPackets = 0, txDrops = 0], nameAt) => ({
    name: nameAt(name),
    rxBytes,
    rxPackets,
    rxDrops,
    txBytes,
    txPackets,
    txDrops,
  }),
};

const tallies = (lengthColumn: FrameColumn): ListFormat<Tally> => ({
  lengthColumn,
  columns: [
    [TallyColumn.KEY, 'key'],
    [TallyColumn.COUNT, 'count'],
  ],
  toRow: ({ key, count }) => {
    if (key > MAX_KEY) throw new RangeError(`key of a tally is ${key}, wanted -1 to 2^32 - 1`);
    return [key + 1, count];
  },
  fromRow: ([key = 0, count = 0]) => {
    if (key > MAX_KEY + 1) throw malformed(`tally of ${key - 1}, wanted -1 to 2^32 - 1`);
    return { key: key - 1, count };
  },
});

const AGES: ListFormat<AgeBand> = {
  lengthColumn: FrameColumn.AGES,
  columns: [
    [AgeColumn.AGE_MS, 'ageMs'],
    [AgeColumn.BYTES, 'bytes'],
  ],
  toRow: ({ ageMs, bytes }) => [ageMs, bytes],
  fromRow: ([ageMs = 0, bytes = 0]) => ({ ageMs, bytes }),
};

/** The format of each list of a frame. */
export const LISTS: { readonly [Name in ListName]: ListFormat<Item<Name>> } = {
  disks: DISKS,
  nics: NICS,
  syscalls: tallies(FrameColumn.SYSCALLS),
  exits: tallies(FrameColumn.EXITS),
  ages: AGES,
};
