import type { Bytes } from '../units.ts';
import { missRatioCurve, type MissRatioCurve } from './miss-ratio-curve.ts';
import { ReuseDistances } from './reuse-distances.ts';

/** The exact miss-ratio curve of a stream of blocks: the reference for sampled ones. Memory grows with the blocks seen. */
export class ExactMissRatio {
  readonly #distances = new ReuseDistances();
  readonly #counts = new Map<number, number>();
  #references = 0;

  /** Takes in one reference. */
  reference(block: number): void {
    this.#references += 1;
    const distance = this.#distances.reference(block);
    if (distance !== undefined) this.#counts.set(distance, (this.#counts.get(distance) ?? 0) + 1);
  }

  /** The curve of all references up to now. */
  curve(blockBytes: Bytes): MissRatioCurve {
    return missRatioCurve(this.#counts, this.#references, blockBytes);
  }
}
