const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** A number as states keep it: the nearest with 16 bits of mantissa, whose fourth byte is zero. */
export function shorten(value: number): number {
  float[0] = value;
  shortenAll(bits, 0, 1);
  return float[0];
}

/** Shortens floats in place, given as their bits. */
export function shortenAll(floats: Int32Array, from: number, to: number): void {
  for (let i = from; i < to; i += 1) floats[i] = ((floats[i] ?? 0) + 0x80) & ~0xff;
}
