import type { Bytes } from '../units.ts';

/** One request to a block device. */
export interface BlockRequest {
  /** Seconds since a start of the recorder's choice. */
  readonly time: number;
  readonly kind: 'read' | 'write';
  /** Where it begins on the device. */
  readonly offset: Bytes;
  readonly bytes: Bytes;
}

/** The page of Linux on x86 and arm64: what a page cache holds and drops at a time. */
export const PAGE_BYTES: Bytes = 4096;

/** Calls `visit` with the number of each block that a request touches, in rising order: one reference each. */
export function visitBlocks({ offset, bytes }: BlockRequest, blockBytes: Bytes, visit: (block: number) => void): void {
  const end = Math.ceil((offset + bytes) / blockBytes);
  for (let block = Math.floor(offset / blockBytes); block < end; block += 1) visit(block);
}
