/**
 * Numbers as planes: all their first bytes together, then all second ones and so on, each first combined with the one before by
 * exclusive or (as in Gorilla, VLDB 2015). The lowest bytes of floats that are kept short are always zero, the highest mostly
 * (neighbours have the same exponent), and a run of zeros costs one byte in 129 (zero-runs.ts). `width` bytes a number; what is
 * left over at the end stays as it is.
 */
export function toPlanes(bytes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  const planes = bytes.slice();
  const count = Math.floor(bytes.length / width);
  for (let i = 0; i < count * width; i += 1) {
    const before = i < width ? 0 : (bytes[i - width] ?? 0);
    planes[(i % width) * count + Math.floor(i / width)] = (bytes[i] ?? 0) ^ before;
  }
  return planes;
}

/** The inverse. */
export function fromPlanes(planes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  const bytes = planes.slice();
  const count = Math.floor(planes.length / width);
  for (let i = 0; i < count * width; i += 1) {
    const before = i < width ? 0 : (bytes[i - width] ?? 0);
    bytes[i] = (planes[(i % width) * count + Math.floor(i / width)] ?? 0) ^ before;
  }
  return bytes;
}
