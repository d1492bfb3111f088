import type { Frame, LifecycleEvent, Primary } from '../lib/core/trace/frame.ts';

/** What one tick brought. */
export interface SourceReading {
  readonly frames: readonly Frame[];
  /** Primaries to describe (again). */
  readonly primaries: readonly Primary[];
  readonly events: readonly LifecycleEvent[];
}

/** How one part of a source is doing, for `--status` and the log. */
export interface PartReport {
  readonly name: string;
  readonly state: 'data' | 'noData' | 'failed';
  readonly because?: string;
  readonly wants?: string;
  readonly reads: number;
  readonly failures: number;
  /** Mean time of a read in microseconds. */
  readonly meanUs: number;
  readonly cost?: Readonly<Record<string, number>>;
}

/** Where frames come from: the machine that the agent runs in, or the hypervisor that it runs beside. */
export interface FrameSource {
  /** Reads now. The first reading has nothing to compare with and gives no frame. Never throws for a part that fails. */
  read: () => Promise<SourceReading>;
  reports: () => readonly PartReport[];
  close: () => void;
}
