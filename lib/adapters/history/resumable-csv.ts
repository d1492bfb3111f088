import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { Fault, messageOf } from '../../core/fault.ts';
import type { CsvCell } from '../trace/csv-writer.ts';

/** Raised when a state of an older version cannot be continued. */
const VERSION = 1;

const stateSchema = z.object({
  version: z.literal(VERSION),
  /** What was asked for, in the words of the command line. */
  request: z.string(),
  /** What was found and is being worked off. */
  plan: z.unknown(),
  /** What the steps so far have told. */
  notes: z.array(z.unknown()),
  /** Length of the part file after those steps. */
  bytes: z.int().nonnegative(),
});
type State = z.infer<typeof stateSchema>;

/** A CSV that is made step by step and can be continued after any crash, with the same bytes in the end. */
export interface ResumableCsv {
  /** The plan that the steps follow: when continued, the one it was begun with. */
  readonly plan: unknown;
  /** A note for each step that is done; the next step's number is their count. */
  readonly notes: readonly unknown[];
  /** Adds a step's rows. When this resolves the step is done for good. Throws Fault USAGE when the disk refuses. */
  readonly append: (rows: readonly (readonly CsvCell[])[], note: unknown) => Promise<void>;
  /** Puts the file in its place and removes the state. */
  readonly finish: () => Promise<void>;
  /** Closes it as it is, to be continued. */
  readonly close: () => Promise<void>;
  /** Removes part and state: there was nothing to write. */
  readonly discard: () => Promise<void>;
}

export interface ResumableCsvOptions {
  readonly path: string;
  readonly columns: readonly string[];
  readonly request: string;
  /** Whether a state that is there is gone on with; without one it is a beginning all the same. */
  readonly resume: boolean;
  /** Called at the beginning only: JSON. */
  readonly makePlan: () => Promise<unknown>;
}

/**
 * Opens `path` for step-wise writing through `path.part` and `path.state`. Each step is one write (one gzip member when the
 * name ends in `.gz`: members in a row are one stream, RFC 1952), and then the state is replaced; on resuming, what a step that
 * was not finished has left is cut off. Throws Fault USAGE when a state is there and not to be resumed, when it is of another
 * request or version, and when a file cannot be written.
 */
export async function openResumableCsv(options: ResumableCsvOptions): Promise<ResumableCsv> {
  const { path, columns, request } = options;
  const [partPath, statePath] = [`${path}.part`, `${path}.state`];
  const before = await readState(statePath, options);
  const plan = before === undefined ? await options.makePlan() : before.plan;
  const notes: unknown[] = [...(before?.notes ?? [])];
  const part = await saying(partPath, () => open(partPath, before === undefined ? 'w' : 'r+'));
  const pack = path.endsWith('.gz') ? (text: string): Buffer => gzipSync(text) : (text: string) => Buffer.from(text);
  let bytes = before?.bytes ?? 0;
  const add = async (lines: readonly (readonly CsvCell[])[]): Promise<void> => {
    if (lines.length > 0) bytes = await writeAt(part, pack(lines.map(lineOf).join('')), bytes);
    const state: State = { version: VERSION, request, plan, notes, bytes };
    await writeFile(`${statePath}.new`, JSON.stringify(state));
    await rename(`${statePath}.new`, statePath);
  };
  await saying(partPath, () => (before === undefined ? add([columns]) : part.truncate(bytes)));
  const leave = async (work: () => Promise<void>): Promise<void> => {
    await saying(path, async () => {
      await part.close();
      await work();
      await rm(statePath, { force: true });
    });
  };
  return {
    plan,
    notes,
    append: (rows, note) => {
      notes.push(note);
      return saying(partPath, () => add(rows));
    },
    finish: () => leave(() => rename(partPath, path)),
    close: () => part.close(),
    discard: () => leave(() => rm(partPath)),
  };
}

async function readState(path: string, { request, resume }: ResumableCsvOptions): Promise<State | undefined> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    if ((thrown as { readonly code?: unknown }).code === 'ENOENT') return undefined;
    throw new Fault('USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { cause: thrown });
  });
  if (text === undefined) return undefined;
  const again = `delete ${path} to begin anew`;
  if (!resume)
    throw new Fault('USAGE', `${path} is of an import that was broken off: add --resume to go on, or ${again}`);
  const state = parseState(text);
  if (state === undefined) throw new Fault('USAGE', `${path} is no state of version ${VERSION}: ${again}`);
  if (state.request !== request) {
    throw new Fault('USAGE', `${path} is of another import (${state.request}): ask for the same, or ${again}`);
  }
  return state;
}

function parseState(text: string): State | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function writeAt(file: FileHandle, data: Buffer, start: number): Promise<number> {
  let written = 0;
  while (written < data.length) {
    const { bytesWritten } = await file.write(data, written, data.length - written, start + written);
    written += bytesWritten;
  }
  // The state must never be ahead of what is on the disk.
  await file.datasync();
  return start + written;
}

const saying = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    throw new Fault('USAGE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  }
};

const lineOf = (cells: readonly CsvCell[]): string => `${cells.map(textOf).join(',')}\n`;

function textOf(cell: CsvCell): string {
  if (cell === undefined || (typeof cell === 'number' && Number.isNaN(cell))) return '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
