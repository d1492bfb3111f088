import type { EpochMs } from '../units.ts';

/** Sequences that one epoch remembers, counted back from its highest. */
const WINDOW = 256;
/** Frames of which the exact (sequence, at) is remembered, so that a batch may hold several frames of one VM. */
const EXACT = 16;

interface EpochMarks {
  readonly epoch: string;
  highest: number;
  /** Bit s % 256: sequence s was seen, for highest - 256 < s <= highest. */
  readonly seen: Uint8Array;
}

/** What is written into a checkpoint. */
export interface DedupeState {
  /** The newest epoch first. */
  readonly epochs: readonly Readonly<EpochMarks>[];
  /** The newest frames of the first epoch, oldest first. */
  readonly exact: readonly { readonly sequence: number; readonly at: EpochMs }[];
}

/**
 * Tells a frame that was counted from one that was not, by (epoch, sequence, at), in bounded memory: each of the two
 * newest epochs has its highest sequence and a bitmap of the 256 below; the newest 16 frames are known exactly. A frame
 * too old to be told apart counts as seen: a frame lost is a gap, a frame counted twice is a lie.
 */
export class Dedupe {
  #epochs: EpochMarks[] = [];
  #exact: [sequence: number, at: EpochMs][] = [];

  static from({ epochs, exact }: DedupeState): Dedupe {
    const dedupe = new Dedupe();
    dedupe.#epochs = epochs.map((marks) => ({ ...marks, seen: marks.seen.slice() }));
    dedupe.#exact = exact.map(({ sequence, at }) => [sequence, at]);
    return dedupe;
  }

  /** A copy. */
  get state(): DedupeState {
    return {
      epochs: this.#epochs.map((marks) => ({ ...marks, seen: marks.seen.slice() })),
      exact: this.#exact.map(([sequence, at]) => ({ sequence, at })),
    };
  }

  /** True the first time; remembers. */
  accept(epoch: string, sequence: number, at: EpochMs): boolean {
    const marks = this.#marksOf(epoch);
    if (sequence <= marks.highest - WINDOW) return false;
    const known = isSet(marks, sequence);
    const isNewest = marks === this.#epochs[0];
    if (known && !(isNewest && this.#isOpen(sequence, at))) return false;
    if (!known) mark(marks, sequence);
    if (isNewest) this.#remember(sequence, at);
    return true;
  }

  /** Whether a sequence with frames counted already may still have this one uncounted. */
  #isOpen(sequence: number, at: EpochMs): boolean {
    const first = this.#exact.findIndex(([known]) => known === sequence);
    // A ring that begins inside this sequence may have forgotten earlier frames of it.
    const isCut = first === 0 && this.#exact.length === EXACT && at <= (this.#exact[0]?.[1] ?? 0);
    return first >= 0 && !isCut && !this.#exact.some(([known, time]) => known === sequence && time === at);
  }

  #remember(sequence: number, at: EpochMs): void {
    this.#exact.push([sequence, at]);
    if (this.#exact.length > EXACT) this.#exact.shift();
  }

  #marksOf(epoch: string): EpochMarks {
    const known = this.#epochs.find((marks) => marks.epoch === epoch);
    if (known !== undefined) return known;
    const marks: EpochMarks = { epoch, highest: 0, seen: new Uint8Array(WINDOW / 8) };
    this.#epochs = [marks, ...this.#epochs.slice(0, 1)];
    this.#exact = [];
    return marks;
  }
}

const byteOf = (sequence: number): number => (sequence % WINDOW) >> 3;
const bitOf = (sequence: number): number => 1 << (sequence % 8);

const isSet = (marks: EpochMarks, sequence: number): boolean =>
  sequence <= marks.highest && ((marks.seen[byteOf(sequence)] ?? 0) & bitOf(sequence)) !== 0;

function mark(marks: EpochMarks, sequence: number): void {
  const clearFrom = Math.max(marks.highest + 1, sequence - WINDOW + 1);
  for (let s = clearFrom; s < sequence; s += 1) marks.seen[byteOf(s)] = (marks.seen[byteOf(s)] ?? 0) & ~bitOf(s);
  marks.seen[byteOf(sequence)] = (marks.seen[byteOf(sequence)] ?? 0) | bitOf(sequence);
  marks.highest = Math.max(marks.highest, sequence);
}
