import { Fault, isFault, messageOf } from '../../core/fault.ts';
import { readRecords } from '../trace/csv-records.ts';
import type { TraceSample } from '../trace/trace-sample.ts';
import { rowReader, type ForeignCsv } from './foreign-row.ts';

/** A foreign CSV as a trace: samples by VM and time, and what could not be used, each with file and line. */
export interface ForeignTrace {
  readonly samples: readonly TraceSample[];
  readonly problems: readonly string[];
}

/**
 * Reads a CSV of another tool. Rows may be in any order. A row that cannot be read, and a second one of the same VM and time, are
 * left out and told. Throws Fault CSV_HEADER when a mapped column is not there, USAGE when the file cannot be read or no VM is
 * known.
 */
export async function readForeignCsv(csv: ForeignCsv): Promise<ForeignTrace> {
  const rows: Row[] = [];
  const problems: Problem[] = [];
  let read: ((record: string, line: number) => TraceSample) | undefined;
  for await (const { texts, lines } of readRecords(csv.path)) {
    for (const [index, text] of texts.entries()) {
      const line = lines[index] ?? 0;
      if (read === undefined) read = rowReader(text, csv);
      else {
        const found = tried(read, { text, line }, problems);
        if (found !== undefined) rows.push({ line, sample: found });
      }
    }
  }
  if (read === undefined) throw new Fault('CSV_HEADER', `${csv.path} is empty, wanted a first line with column names`);
  rows.sort((left, right) => compare(left.sample, right.sample) || left.line - right.line);
  const samples = withoutTwice(rows, csv.path, problems);
  problems.sort((left, right) => left.line - right.line);
  return { samples, problems: problems.map(({ words }) => words) };
}

interface Problem {
  readonly line: number;
  readonly words: string;
}

interface Row {
  readonly line: number;
  readonly sample: TraceSample;
}

const compare = (left: TraceSample, right: TraceSample): number => {
  if (left.vm !== right.vm) return left.vm < right.vm ? -1 : 1;
  return left.time - right.time;
};

function withoutTwice(rows: readonly Row[], path: string, problems: Problem[]): TraceSample[] {
  const samples: TraceSample[] = [];
  let first: Row | undefined;
  for (const row of rows) {
    if (first !== undefined && compare(first.sample, row.sample) === 0) {
      const { vm, time } = row.sample;
      const words = `${path}:${row.line}: time ${time / 1_000} of ${vm} a second time, first in line ${first.line}`;
      problems.push({ line: row.line, words });
      continue;
    }
    first = row;
    samples.push(row.sample);
  }
  return samples;
}

function tried(
  read: (record: string, line: number) => TraceSample,
  { text, line }: { readonly text: string; readonly line: number },
  problems: Problem[],
): TraceSample | undefined {
  try {
    return read(text, line);
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    problems.push({ line, words: messageOf(thrown) });
    return undefined;
  }
}
