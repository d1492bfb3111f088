import type { PerMeter } from '../../lib/core/meter.ts';
import type { Outcome } from '../../lib/core/plan/plan.ts';

/** A process by marks that are never given twice, so that a dead holder is never mistaken for a living one. */
export interface Holder {
  readonly pid: number;
  /** Start of the process in clock ticks since boot (/proc/PID/stat, field 22); '' where the system does not tell. */
  readonly started: string;
  /** /proc/sys/kernel/random/boot_id; '' where the system does not tell. */
  readonly boot: string;
}

/** One claim as it lies on disk; `outcome` is absent while the holder is at work. */
export interface ClaimRecord {
  readonly version: 1;
  readonly plan: string;
  readonly vm: string;
  readonly holder: Holder;
  /** What the plan adds to the VM, per meter that grows: other allocators count it as taken. */
  readonly growth: PerMeter;
  readonly outcome?: Outcome;
}

/**
 * The name of a claim's file: fence, then attempt. Sixteen digits hold every safe integer, so that names sort as
 * numbers do.
 */
export const claimName = (fence: number, attempt: number): string =>
  `${String(fence).padStart(16, '0')}-${String(attempt).padStart(4, '0')}.json`;

/** Fence and attempt of a claim's file; undefined for any other file. */
export function parseClaimName(name: string): { readonly fence: number; readonly attempt: number } | undefined {
  const match = /^(\d{16})-(\d{4})\.json$/.exec(name);
  return match === null ? undefined : { fence: Number(match[1]), attempt: Number(match[2]) };
}

/**
 * Reads a record. The number that guards the host is in the file's name; a record that cannot be read (a damaged disk)
 * only loses the memory of its outcome, so it is undefined and not a fault.
 */
export function parseClaimRecord(text: string): ClaimRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<ClaimRecord> | null;
    if (record?.version !== 1 || typeof record.plan !== 'string' || record.holder === undefined) return undefined;
    return { growth: {}, vm: '', ...record } as ClaimRecord;
  } catch {
    return undefined;
  }
}
