/**
 * Sixteen bits of a number: sign, exponent and the first seven bits of the fraction of its float32 (bfloat16). Values
 * within 0.8 % may become the same, which is no loss where they are ranked: such a difference is no anomaly.
 */
export function toShort(value: number): number {
  word.setFloat32(0, value);
  return word.getUint16(0);
}

/** The number that sixteen bits stand for. */
export function fromShort(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** Scratch, alive within one call. */
const word = new DataView(new ArrayBuffer(4));
