/** A gate as it is stored: each layer's numbers as little-endian 16-bit integers in base64, times the layer's unit. */
export interface PackedGate {
  readonly inputs: number;
  readonly hidden: number;
  readonly experts: number;
  readonly levels: number;
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly units: readonly number[];
  readonly layers: readonly string[];
}
