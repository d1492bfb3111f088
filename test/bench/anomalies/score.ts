import { DAY_MS } from '../../../lib/core/units.ts';

/** A labelled fault: seconds in the trace's own time, both included. */
export interface LabelledFault {
  readonly start: number;
  readonly end: number;
  readonly cause: string;
}

/** What a detector said of one VM. */
export interface Flagged {
  /** Seconds. */
  readonly times: readonly number[];
  readonly flags: readonly boolean[];
  readonly fault?: LabelledFault | undefined;
}

/** Alarms this many samples apart belong together, for every detector. */
const SAME_ALARM = 5;
/** An alarm this long before a fault is still the fault's: labels are whole seconds and set by hand. */
const EARLY = 3;

interface Run {
  readonly from: number;
  readonly to: number;
}

/** First and last second of each alarm. */
export function alarmsOf({ times, flags }: Flagged): Run[] {
  const alarms: { from: number; to: number }[] = [];
  let newest = -Infinity;
  for (const [i, isAnomalous] of flags.entries()) {
    if (!isAnomalous) continue;
    const at = times[i] ?? 0;
    const last = alarms.at(-1);
    if (last !== undefined && i - newest <= SAME_ALARM) last.to = at;
    else alarms.push({ from: at, to: at });
    newest = i;
  }
  return alarms;
}

/** Precision, recall and their harmonic mean, from 0 to 1. */
export interface Rates {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface LabelledScore {
  readonly vms: number;
  /** Samples against labels, each for itself. */
  readonly points: Rates;
  /** The same where one flagged sample of a fault finds all of it (Xu et al., WWW 2018): flatters, but is what papers print. */
  readonly adjusted: Rates;
  /** A fault is found when an alarm overlaps it; an alarm that overlaps none is false. */
  readonly events: Rates;
  /** The same where an alarm must begin in the fault (at most 3 s before): one that went on before is false. */
  readonly onsets: Rates;
  /** Seconds from the fault's beginning to the first flagged sample in it, found ones only. */
  readonly delay: { readonly median: number; readonly p90: number };
  readonly falseAlarmsPerDay: number;
  readonly missed: readonly string[];
}

/** Scores one detector on labelled VMs. */
export function scoreLabelled(all: readonly Flagged[]): LabelledScore {
  const points = { tp: 0, fp: 0, fn: 0 };
  const adjusted = { tp: 0, fp: 0, fn: 0 };
  const events = { tp: 0, fp: 0, fn: 0 };
  const onsets = { tp: 0, fp: 0, fn: 0 };
  const delays: number[] = [];
  const missed: string[] = [];
  let normalSeconds = 0;
  for (const one of all) {
    const { fault } = one;
    if (fault === undefined) continue;
    const found = countPoints(one, fault, points);
    normalSeconds += countAdjusted(one, fault, { counts: adjusted, isFound: found !== undefined });
    countAlarms(one, fault, { events, onsets });
    if (found === undefined) missed.push(fault.cause);
    else delays.push(found - fault.start);
  }
  delays.sort((a, b) => a - b);
  return {
    vms: all.length,
    points: ratesOf(points),
    adjusted: ratesOf(adjusted),
    events: ratesOf(events),
    onsets: ratesOf(onsets),
    delay: { median: delays[delays.length >> 1] ?? 0, p90: delays[Math.floor(delays.length * 0.9)] ?? 0 },
    falseAlarmsPerDay: (events.fp / normalSeconds) * (DAY_MS / 1000),
    missed,
  };
}

/** Alarms per VM-day and the share of samples flagged, where nothing is labelled: an upper bound of what is false. */
export function alarmRate(all: readonly Flagged[]): { readonly perDay: number; readonly share: number } {
  let alarms = 0;
  let seconds = 0;
  let flagged = 0;
  let samples = 0;
  for (const one of all) {
    alarms += alarmsOf(one).length;
    seconds += (one.times.at(-1) ?? 0) - (one.times[0] ?? 0);
    flagged += one.flags.filter(Boolean).length;
    samples += one.flags.length;
  }
  return { perDay: (alarms / seconds) * (DAY_MS / 1000), share: flagged / samples };
}

interface Counts {
  tp: number;
  fp: number;
  fn: number;
}

const isIn = (at: number, { start, end }: LabelledFault): boolean => at >= start && at <= end;

/** Returns the second of the first flagged sample in the fault. */
function countPoints({ times, flags }: Flagged, fault: LabelledFault, counts: Counts): number | undefined {
  let first: number | undefined;
  for (const [i, at] of times.entries()) {
    const isAnomalous = flags[i] === true;
    if (isAnomalous && isIn(at, fault)) {
      counts.tp += 1;
      first ??= at;
    } else if (isAnomalous) counts.fp += 1;
    else if (isIn(at, fault)) counts.fn += 1;
  }
  return first;
}

/** Returns the samples outside of the fault. */
function countAdjusted(
  { times, flags }: Flagged,
  fault: LabelledFault,
  { counts, isFound }: { readonly counts: Counts; readonly isFound: boolean },
): number {
  let outside = 0;
  for (const [i, at] of times.entries()) {
    if (isIn(at, fault)) counts[isFound ? 'tp' : 'fn'] += 1;
    else {
      outside += 1;
      if (flags[i] === true) counts.fp += 1;
    }
  }
  return outside;
}

function countAlarms(
  one: Flagged,
  fault: LabelledFault,
  { events, onsets }: { readonly events: Counts; readonly onsets: Counts },
): void {
  const alarms = alarmsOf(one);
  const overlapping = alarms.filter(({ from, to }) => from <= fault.end && to >= fault.start);
  const begun = overlapping.filter(({ from }) => from >= fault.start - EARLY);
  events[overlapping.length > 0 ? 'tp' : 'fn'] += 1;
  events.fp += alarms.length - overlapping.length;
  onsets[begun.length > 0 ? 'tp' : 'fn'] += 1;
  onsets.fp += alarms.length - begun.length;
}

function ratesOf({ tp, fp, fn }: Counts): Rates {
  const precision = tp / Math.max(1, tp + fp);
  const recall = tp / Math.max(1, tp + fn);
  return { precision, recall, f1: tp === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
