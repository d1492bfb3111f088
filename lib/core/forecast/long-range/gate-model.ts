import type { GateModel } from './gate.ts';
import { PACKED_GATES } from './gates.generated.ts';
import type { PackedGate } from './packed-gate.ts';

let unpacked: readonly GateModel[] | undefined;

/** The trained gates; unpacked once. */
export function trainedGates(): readonly GateModel[] {
  unpacked ??= PACKED_GATES.map(unpack);
  return unpacked;
}

function unpack({ means, scales, units, layers, ...sizes }: PackedGate): GateModel {
  const numbers = layers.flatMap((layer, i) => integersOf(layer).map((value) => value * (units[i] ?? 0)));
  return {
    ...sizes,
    means: Float64Array.from(means),
    scales: Float64Array.from(scales),
    weights: Float32Array.from(numbers),
  };
}

function integersOf(base64: string): number[] {
  const bytes = atob(base64);
  return Array.from({ length: bytes.length / 2 }, (_, i) => {
    const unsigned = bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1);
    return unsigned < 32_768 ? unsigned : unsigned - 65_536;
  });
}
