import { Fault } from '../fault.ts';

/**
 * Packs bytes in which zeros come in runs (empty histogram buckets, unused slots): groups of a control byte c and data;
 * c < 128: c + 1 bytes follow as they are; c >= 128: c - 126 zeros (2 .. 129).
 */
export function packZeros(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / 128) + 1);
  let to = 0;
  let at = 0;
  while (at < bytes.length) {
    const zeros = runOf(bytes, at, 129);
    if (zeros >= 2) {
      out[to] = zeros + 126;
      to += 1;
      at += zeros;
      continue;
    }
    const start = at;
    while (at < bytes.length && at - start < 128 && runOf(bytes, at, 2) < 2) at += 1;
    out[to] = at - start - 1;
    out.set(bytes.subarray(start, at), to + 1);
    to += 1 + at - start;
  }
  return out.slice(0, to);
}

/** The inverse into `size` bytes. Throws Fault SHADOW_FORMAT when the packed bytes do not make exactly that many. */
export function unpackZeros(packed: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let to = 0;
  let at = 0;
  while (at < packed.length) {
    const control = packed[at] ?? 0;
    at += 1;
    const count = control < 128 ? control + 1 : control - 126;
    if (to + count > size || (control < 128 && at + count > packed.length)) throw damaged(size);
    if (control < 128) {
      out.set(packed.subarray(at, at + count), to);
      at += count;
    }
    to += count;
  }
  if (to !== size) throw damaged(size);
  return out;
}

function runOf(bytes: Uint8Array, at: number, most: number): number {
  let run = 0;
  while (run < most && at + run < bytes.length && bytes[at + run] === 0) run += 1;
  return run;
}

const damaged = (size: number): Fault =>
  new Fault(
    'SHADOW_FORMAT',
    `a shadow's packed state does not unpack to ${size} bytes: drop it and start the shadow anew`,
  );
