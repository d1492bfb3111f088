/**
 * A number as the trace format can hold it: whole, from 0 to 2^53 - 1. Throws RangeError that names what it is: such a
 * number is a bug of whoever made the frame.
 */
export function whole(what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${what} is ${value}, wanted a whole number from 0 to 2^53 - 1`);
  }
  // Minus zero would come back as zero.
  return value + 0;
}
