import type { AgeBand, DiskUse, FrameValues, NicUse, Tally } from '../../lib/core/trace/frame.ts';
import type { DurationMs } from '../../lib/core/units.ts';

/** Where the kernel's files are. Tests point these at trees copied from other machines. */
export interface Roots {
  /** Usually `/proc`. */
  readonly proc: string;
  /** Usually `/sys`. */
  readonly sys: string;
}

/** The part of a frame that one collector gives: values of the time since its last reading, levels of now. */
export interface Reading {
  readonly values?: FrameValues;
  readonly disks?: readonly DiskUse[];
  readonly nics?: readonly NicUse[];
  readonly syscalls?: readonly Tally[];
  readonly ages?: readonly AgeBand[];
}

/**
 * What came of one reading. `noData`: this machine cannot give it (now), `wants` says what would be needed. `failed`:
 * it should have worked. Neither stops the others.
 */
export type Outcome =
  | ({ readonly kind: 'data' } & Reading)
  | { readonly kind: 'noData'; readonly because: string; readonly wants: string }
  | { readonly kind: 'failed'; readonly because: string };

/** One source of trace data. Reads files, starts nothing, waits for nothing. */
export interface Collector {
  readonly name: string;
  /**
   * Reads the source. Counters are given as the difference to the reading of the call before; the first call, and a
   * call after one that failed, has nothing to compare with and leaves them out. May throw; that counts as failed.
   */
  collect: () => Outcome;
  /** Lets go of files and of what was set up in the kernel. A second time does nothing. */
  close: () => void;
  /** What the source costs beside its call, where it is known: time in the kernel and records read, since the start. */
  cost?: () => Readonly<Record<string, number>>;
}

/** What a collector may need besides its roots. */
export interface CollectorOptions {
  readonly roots: Roots;
  /** The time between readings. */
  readonly interval: DurationMs;
  /** Bytes of a memory page. */
  readonly pageSize: number;
  /** From 0 to 1, 1 not included. */
  readonly random: () => number;
  /** Interfaces to count, for machines where the rule (those with a device) is not what is wanted. */
  readonly nics?: readonly string[];
  /** The same for block devices, where the rule is whole disks that are not made of others. */
  readonly disks?: readonly string[];
}

/** Makes a collector; opens nothing yet. */
export type CollectorMaker = (options: CollectorOptions) => Collector;

/** The first reading of a source that only counts. */
export const FIRST_READING: Outcome = {
  kind: 'noData',
  because: 'there is no reading before this one',
  wants: 'one more interval',
};
