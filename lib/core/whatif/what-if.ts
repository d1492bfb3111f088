import type { Meter } from '../meter.ts';
import type { Bytes, BytesPerSecond, EpochMs, Probability } from '../units.ts';
import type { Candidate } from './candidate.ts';
import type { Waiting } from './waiting.ts';

/** What a size would have meant on a recorded trace. A resource that the trace or the size says nothing about is absent. */
export interface WhatIf {
  readonly candidate: Candidate;
  readonly intervals: number;
  /** Time that the trace covers, holes left out. */
  readonly seconds: number;
  readonly cpu?: CpuWhatIf;
  readonly memory?: MemoryWhatIf;
  readonly disk?: Waiting;
  readonly netRx?: Waiting;
  readonly netTx?: Waiting;
  readonly money?: Money;
  /**
   * Share of the time in which a meter was at its limit in force. What was wanted beyond the limit is not in the trace, so
   * waiting at smaller sizes is a lower bound where this is not 0. Meters that never were are absent.
   */
  readonly cappedShare: Readonly<Partial<Record<Meter, Probability>>>;
}

export interface CpuWhatIf extends Waiting {
  /** Share of the time in which at least one task would have waited. */
  readonly stallShare: Probability;
  /** `measured`: fitted to this trace's own stall times; `prior`: the mean of other workloads, the trace measured none. */
  readonly stallFrom: 'measured' | 'prior';
}

export interface MemoryWhatIf {
  /** Times that what cannot be dropped would not have fitted any more: kills, or paging where there is swap. */
  readonly outOfMemoryEpisodes: number;
  readonly violationMinutes: number;
  /** The most that was missing. */
  readonly mostShort: Bytes;
  /** Mean of what is read again because of the size, at least and at most; the disk is replayed with the most. */
  readonly extraRead: readonly [low: BytesPerSecond, high: BytesPerSecond];
  /** Miss ratios of a given curve, or bounds from the page cache that has no room. */
  readonly extraReadFrom: 'curve' | 'bounds';
}

/** What capacity costs over the time of the trace, at this size and as it was; per month of 730 hours. USD. */
export interface Money {
  readonly perMonth: number;
  readonly perMonthInForce: number;
}

/** One interval of a replay, for those who want every sample. Delays are seconds; what does not apply is absent. */
export interface WhatIfStep {
  readonly at: EpochMs;
  readonly seconds: number;
  readonly cpuDelay?: number;
  readonly cpuStall?: Probability;
  readonly cpuWaiting?: number;
  readonly memoryShort?: Bytes;
  readonly extraRead?: BytesPerSecond;
  readonly diskDelay?: number;
  readonly diskQueue?: number;
  readonly netRxDelay?: number;
  readonly netTxDelay?: number;
}
