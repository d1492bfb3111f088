/** A page of the kernel's ring buffer begins with a time stamp and the length of its data, 8 bytes each. */
const PAGE_HEADER_BYTES = 16;
/** The lower bits of the length; the upper ones say that events before this page were lost. */
const LENGTH_MASK = 0xfffff;
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

/**
 * Calls `visit` with the place of each event's record in one page as read from `trace_pipe_raw` of a 64-bit little-endian
 * kernel. An event begins with a word of 5 bits type-or-length and 27 bits time (include/linux/ring_buffer.h, enum
 * ring_buffer_type): 1 to 28 is the record's length in words, 0 a length in the next word. Lengths that lead out of the
 * page end it. Returns how many there were.
 */
export function visitEvents(page: Buffer, visit: (record: number) => void): number {
  if (page.length < PAGE_HEADER_BYTES) return 0;
  const end = Math.min(page.length, PAGE_HEADER_BYTES + (page.readUInt32LE(8) & LENGTH_MASK));
  let at = PAGE_HEADER_BYTES;
  let events = 0;
  while (at + 8 <= end) {
    const word = page.readUInt32LE(at);
    const type = word & 0x1f;
    const length = lengthOf(type, page.readUInt32LE(at + 4));
    if ((type === PADDING && word >>> 5 === 0) || at + length > end) break;
    if (type < PADDING) {
      visit(type === 0 ? at + 8 : at + 4);
      events += 1;
    }
    at += length;
  }
  return events;
}

/** Bytes of an event with its first word; `next` is the word after it. */
function lengthOf(type: number, next: number): number {
  if (type === TIME_EXTEND || type === TIME_STAMP) return 8;
  if (type === 0 || type === PADDING) return 4 + Math.max(4, next);
  return 4 + type * 4;
}
