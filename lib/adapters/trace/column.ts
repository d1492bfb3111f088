import { AFTER_MAGNITUDES, bitLength, codeMagnitude, LengthTrack, MAX_LENGTH, PART } from './magnitude.ts';
import { malformed } from './malformed.ts';
import type { BitCoder } from './range-coder.ts';

/** A value for each row, NaN where the row has none. Values are whole, from 0 to 2^53 - 1. */
export type Column = Float64Array;

/** How the numbers of a column are coded, after `(value - base) / factor`. */
type Mode =
  /** As they are. */
  | 'plain'
  /** As signed differences to the number `lag` places earlier; to 0 for the first ones. */
  | 'lagged'
  /** As ranks among the recently seen ones: for names and keys, which return. */
  | 'recent';

/** What a column is about to be coded as. */
interface Form {
  readonly base: number;
  /** 0 says that all values are the base. */
  readonly factor: number;
  readonly mode: Mode;
  readonly lag: number;
  /** Bit length to expect of the first number. */
  readonly length: number;
  /** How much a row that was large in the columns before is large in this one too: 0 not at all, 2 as much, up to 3. */
  readonly slope: number;
}

/** How a column may be like others of its table. */
interface Likeness {
  /** Distances in rows at which values may be alike: a VM's last frame, the same place of the last list. */
  readonly lags: readonly number[];
  /** Whether the column names something, rather than says how much. */
  readonly isKey: boolean;
  /** How much larger than the average each row was so far, which the column uses and brings up to date. */
  readonly tilt: Tilt;
}

/**
 * For each row of a table, how much longer than their columns' average its numbers were so far, in sixteenths of a bit: a busy
 * VM is busy in most columns. Zeros at the start of a table.
 */
type Tilt = Int32Array;

const DENSE = AFTER_MAGNITUDES;
const PRESENT = DENSE + 1;
const MODE = PRESENT + 2;
const SIGN = MODE + 2;
const SLOPE = SIGN + 1;
const RANK = SLOPE + 4;
/** Numbers that mode `recent` remembers; ranks from 1 to this, and 0 for a new one, are coded bit by bit in a tree. */
const MAX_RECENT = 63;
const RANK_BITS = 6;
/** Columns take turns with these many sets of contexts for their ranks, so that those of a batch's key columns differ. */
const RANK_SETS = 7;
/** Contexts that columns use, those of magnitudes included. */
export const CONTEXTS = RANK + RANK_SETS * 2 ** RANK_BITS;
const MAX_SLOPE = 3;
/** A new deviation counts for a third. */
const TILT_MEMORY = 3;
const SAFE = Number.MAX_SAFE_INTEGER;

/**
 * Codes columns one after the other; with a RangeWriter it writes them, with a RangeReader it fills them in. A batch has many
 * columns of few rows (60 and more, 20 rows for a second of 20 VMs), so what the coder learns is learnt for all columns.
 */
export class ColumnCoder {
  readonly #coder: BitCoder;
  readonly #bases = new LengthTrack(0);
  readonly #factors = new LengthTrack(1);
  readonly #lags = new LengthTrack(1);
  readonly #lengths = new LengthTrack(4);
  #keyColumns = 0;

  constructor(coder: BitCoder) {
    this.#coder = coder;
  }

  /** Writes a column. */
  write(column: Column, likeness: Likeness): void {
    const values = column.filter((value) => !Number.isNaN(value));
    this.#presence(column, values.length);
    if (values.length === 0) return;
    const scale = scaleOf(values);
    const steps = scale.factor === 0 ? values : values.map((value) => (value - scale.base) / scale.factor);
    const rows = rowsOf(column, values.length);
    const slope = slopeOf(steps, rows, likeness.tilt);
    const form = this.#form({ ...scale, ...modeOf(steps, likeness), slope });
    if (form.factor !== 0) this.#steps(steps, form, { rows, tilt: likeness.tilt });
  }

  /** Reads a column with a row for each of `tilt`. Throws Fault TRACE_MALFORMED. */
  read(tilt: Tilt): Column {
    const column = new Float64Array(tilt.length);
    const count = this.#presence(column, tilt.length);
    if (count === 0) return column;
    const form = this.#form({ base: 0, factor: 0, mode: 'plain', lag: 1, length: 0, slope: 0 });
    const rows = rowsOf(column, count);
    const steps = new Float64Array(count);
    if (form.factor !== 0) this.#steps(steps, form, { rows, tilt });
    for (let at = 0; at < count; at += 1) column[rows[at] ?? 0] = safe(form.base + form.factor * (steps[at] ?? 0));
    return column;
  }

  /** Codes which rows have a value: `count` of them. */
  #presence(column: Column, count: number): number {
    if (this.#coder.bit(DENSE, count === column.length)) return column.length;
    let present = true;
    let found = 0;
    for (let row = 0; row < column.length; row += 1) {
      present = this.#coder.bit(PRESENT + (present ? 1 : 0), !Number.isNaN(column[row]));
      column[row] = present ? (column[row] ?? 0) : Number.NaN;
      if (present) found += 1;
    }
    return found;
  }

  #form({ base, factor, mode, lag, length, slope }: Form): Form {
    const coder = this.#coder;
    const scale = {
      base: codeMagnitude(coder, this.#bases, base),
      factor: codeMagnitude(coder, this.#factors, factor),
    };
    if (scale.factor === 0) return { ...scale, mode: 'plain', lag: 0, length: 0, slope: 0 };
    if (coder.bit(MODE, mode === 'recent')) return { ...scale, mode: 'recent', lag: 0, length: 1, slope: 0 };
    const isLagged = coder.bit(MODE + 1, mode === 'lagged');
    const distance = isLagged ? codeMagnitude(coder, this.#lags, lag) : 0;
    if (isLagged && distance === 0) throw malformed('a lag of 0');
    const expected = codeMagnitude(coder, this.#lengths, length);
    if (expected > MAX_LENGTH) throw malformed(`numbers of ${expected} bits, wanted at most ${MAX_LENGTH}`);
    if (isLagged) return { ...scale, mode: 'lagged', lag: distance, length: expected, slope: 0 };
    return { ...scale, mode: 'plain', lag: 0, length: expected, slope: this.#slope(slope) };
  }

  #slope(slope: number): number {
    const high = this.#coder.bit(SLOPE, slope > 1);
    const low = this.#coder.bit(SLOPE + (high ? 2 : 1), slope % 2 === 1);
    return (high ? 2 : 0) + (low ? 1 : 0);
  }

  #steps(steps: Column, { mode, lag, length, slope }: Form, place: Place): void {
    const track = new LengthTrack(length);
    if (mode === 'recent') {
      this.#recent(steps, track);
    } else if (mode === 'lagged') {
      for (let at = 0; at < steps.length; at += 1)
        steps[at] = this.#signed(track, steps[at] ?? 0, steps[at - lag] ?? 0);
    } else {
      this.#plain(steps, track, slope, place);
    }
  }

  #plain(steps: Column, track: LengthTrack, slope: number, { rows, tilt }: Place): void {
    for (let at = 0; at < steps.length; at += 1) {
      const row = rows[at] ?? 0;
      const tilted = tilt[row] ?? 0;
      const { mean } = track;
      track.lean = (slope * tilted) >> 1;
      const step = codeMagnitude(this.#coder, track, steps[at] ?? 0);
      tilt[row] = tilted + Math.trunc((bitLength(step) * PART - mean - tilted) / TILT_MEMORY);
      steps[at] = step;
    }
  }

  /** A number by its difference to one that is known to both sides. */
  #signed(track: LengthTrack, value: number, known: number): number {
    const distance = codeMagnitude(this.#coder, track, Math.abs(value - known));
    if (distance === 0) return known;
    const result = this.#coder.bit(SIGN, value < known) ? known - distance : known + distance;
    if (result < 0) throw malformed('a value below the least of its column');
    return safe(result);
  }

  #recent(steps: Column, track: LengthTrack): void {
    const set = this.#keyColumns % RANK_SETS;
    this.#keyColumns += 1;
    const recent: number[] = [];
    let lastNew = 0;
    for (let at = 0; at < steps.length; at += 1) {
      const rank = this.#rank(set, recent.indexOf(steps[at] ?? 0) + 1);
      const step = rank === 0 ? this.#signed(track, steps[at] ?? 0, lastNew) : recent[rank - 1];
      if (step === undefined) throw malformed(`rank ${rank} among ${recent.length} recent values`);
      if (rank === 0) lastNew = step;
      else recent.splice(rank - 1, 1);
      recent.unshift(step);
      if (recent.length > MAX_RECENT) recent.pop();
      steps[at] = step;
    }
  }

  #rank(set: number, rank: number): number {
    let node = 1;
    for (let bit = RANK_BITS - 1; bit >= 0; bit -= 1) {
      const isOne = this.#coder.bit(RANK + set * 2 ** RANK_BITS + node, ((rank >>> bit) & 1) === 1);
      node = 2 * node + (isOne ? 1 : 0);
    }
    return node - 2 ** RANK_BITS;
  }
}

/** Which rows the numbers of a column belong to, and how those rows are tilted. */
interface Place {
  readonly rows: Int32Array;
  readonly tilt: Tilt;
}

function rowsOf(column: Column, count: number): Int32Array {
  const rows = new Int32Array(count);
  let next = 0;
  for (let row = 0; row < column.length && next < count; row += 1) {
    if (Number.isNaN(column[row])) continue;
    rows[next] = row;
    next += 1;
  }
  return rows;
}

/** The slope under which the lengths of the numbers stray least from their average. */
function slopeOf(steps: Column, rows: Int32Array, tilt: Tilt): number {
  const mean = steps.reduce((sum, step) => sum + bitLength(step), 0) / steps.length;
  let best = { slope: 0, strays: Infinity };
  for (let slope = 0; slope <= MAX_SLOPE; slope += 1) {
    const strays = steps.reduce((sum, step, at) => {
      const lean = (slope * (tilt[rows[at] ?? 0] ?? 0)) / 2;
      return sum + Math.abs((bitLength(step) - mean) * PART - lean);
    }, 0);
    if (strays < best.strays) best = { slope, strays };
  }
  return best.slope;
}

/**
 * The largest factor, and the base, for which `(value - base) / factor` is whole for all values: pages, ticks and
 * milliseconds shrink to small numbers by themselves.
 */
function scaleOf(values: Column): { base: number; factor: number } {
  let least = Infinity;
  let most = 0;
  let common = 0;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
    common = commonDivisor(common, value);
  }
  if (least === most) return { base: least, factor: 0 };
  const fromLeast = values.reduce((divisor, value) => commonDivisor(divisor, value - least), 0);
  const isShorter = bitLength((most - least) / fromLeast) + 1 < bitLength(most / common);
  return isShorter ? { base: least, factor: fromLeast } : { base: 0, factor: common };
}

function commonDivisor(left: number, right: number): number {
  let [divisor, rest] = [left, right];
  while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

/** The mode with the fewest bits, and the average length of what it codes. */
function modeOf(steps: Column, { lags, isKey }: Likeness): { mode: Mode; lag: number; length: number } {
  if (isKey) return { mode: 'recent', lag: 0, length: 1 };
  let bits = steps.reduce((sum, step) => sum + bitLength(step), 0);
  let best = { mode: 'plain' as Mode, lag: 0 };
  for (const lag of lags) {
    if (lag <= 0 || lag >= steps.length) continue;
    const signed = steps.reduce((sum, step, at) => sum + signedLength(step - (steps[at - lag] ?? 0)), 0);
    if (signed < bits) {
      bits = signed;
      best = { mode: 'lagged', lag };
    }
  }
  return { ...best, length: Math.min(MAX_LENGTH, Math.round(bits / steps.length)) };
}

const signedLength = (difference: number): number => (difference === 0 ? 0 : bitLength(Math.abs(difference)) + 1);

function safe(value: number): number {
  if (value > SAFE) throw malformed('a number above 2^53 - 1');
  return value;
}
