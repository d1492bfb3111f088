import { readTraceSeries } from '../adapters/trace/csv.ts';
import { parseDuration } from '../core/duration.ts';
import { Fault } from '../core/fault.ts';
import { medianStep } from '../core/score/known-samples.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS, type DurationMs } from '../core/units.ts';

/** Lead, hold and warm-up of one set. */
export interface SetTimes {
  readonly lead: DurationMs;
  readonly hold: DurationMs;
  readonly warmUp: DurationMs;
}

/** As given on the command line: `auto`, or lengths of time, one for all sets or one for each. */
export interface TimeOptions {
  readonly lead: string;
  readonly hold: string;
  readonly warmUp: string;
}

/** Traces of a set that are looked at to find its step and length. */
const LOOKED_AT = 9;
/** Traces with shorter steps are live ones: decided at every sample, in force within seconds. */
const LIVE_STEP: DurationMs = 10 * SECOND_MS;
const LIVE_LEAD: DurationMs = 5 * SECOND_MS;
const LEAD: DurationMs = 5 * MINUTE_MS;
const LONG_WARM_UP: DurationMs = 7 * DAY_MS;
const LONG_TRACE: DurationMs = 7.5 * DAY_MS;
/** Warm-ups of shorter traces, in samples, the longest first; one may take two fifths of the trace. */
const SHORT_WARM_UPS: readonly number[] = [300, 30];
const WARM_UP_SHARE = 0.4;

/**
 * Lead, hold and warm-up of the i-th of `sets` sets. `auto` follows from the traces' median step and length: below a step of 10 s
 * lead 5 s and hold one step, else lead and hold 5 min, each at least one step; warm-up 7 days where traces are longer than 7.5
 * days, else 300 samples, or 30 where 300 are more than two fifths of the trace. Throws Fault USAGE.
 */
export async function setTimes(
  options: TimeOptions,
  { index, sets, files }: { readonly index: number; readonly sets: number; readonly files: readonly string[] },
): Promise<SetTimes> {
  const own = {
    lead: ownWord(options.lead, '--lead', { index, sets }),
    hold: ownWord(options.hold, '--hold', { index, sets }),
    warmUp: ownWord(options.warmUp, '--warm-up', { index, sets }),
  };
  const derived = Object.values(own).includes('auto') ? derive(await lookAt(files)) : { lead: 0, hold: 0, warmUp: 0 };
  const read = (name: keyof SetTimes): DurationMs => (own[name] === 'auto' ? derived[name] : parseDuration(own[name]));
  return { lead: read('lead'), hold: read('hold'), warmUp: read('warmUp') };
}

function ownWord(text: string, option: string, { index, sets }: { index: number; sets: number }): string {
  const words = text.split(',').map((word) => word.trim());
  if (words.length !== 1 && words.length !== sets) {
    throw new Fault('USAGE', `${option} got ${words.length} values for ${sets} sets, wanted one, or one for each set`);
  }
  return words[index] ?? words[0] ?? 'auto';
}

/** Step and length of a typical trace. */
interface Look {
  readonly step: DurationMs;
  readonly length: DurationMs;
}

async function lookAt(files: readonly string[]): Promise<Look> {
  const looks: Look[] = [];
  for (const file of everyFew(files, LOOKED_AT)) {
    for (const { times } of (await readTraceSeries(file)).values()) {
      looks.push({ step: medianStep(times), length: (times.at(-1) ?? 0) - (times[0] ?? 0) });
    }
  }
  return { step: median(looks.map(({ step }) => step)), length: median(looks.map(({ length }) => length)) };
}

function derive({ step, length }: Look): SetTimes {
  const isLive = step < LIVE_STEP;
  const lead = Math.max(step, isLive ? LIVE_LEAD : LEAD);
  const hold = isLive ? step : lead;
  if (length >= LONG_TRACE) return { lead, hold, warmUp: LONG_WARM_UP };
  const samples = SHORT_WARM_UPS.find((count) => count * step <= WARM_UP_SHARE * length);
  return { lead, hold, warmUp: (samples ?? 0) * step };
}

/** At most `count` of a list, evenly spread over it. */
export function everyFew<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)] as T);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? SECOND_MS;
