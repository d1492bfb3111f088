import { readFileSync } from 'node:fs';

/** Type of the entry of the auxiliary vector that holds the page size (getauxval(3), AT_PAGESZ). */
const AT_PAGESZ = 6;
const USUAL_PAGE_BYTES = 4096;

/** Bytes of a memory page of this machine, from the auxiliary vector of this process; 4096 when that cannot be read. */
export function pageSizeOfKernel(): number {
  try {
    const vector = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readUInt32LE(at) === AT_PAGESZ) return vector.readUInt32LE(at + 8);
    }
  } catch {
    // a machine that shows no auxiliary vector
  }
  return USUAL_PAGE_BYTES;
}
