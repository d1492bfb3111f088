import { isAlias, isCollection, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { z } from 'zod';
import { closestWord } from './closest-word.ts';

/** One thing that is wrong in a policy file. */
export interface PolicyProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Keys and list positions: `policies[0].cpu.bounds.min`; empty for the whole file. */
  readonly path: string;
  /** What was got and what is wanted. */
  readonly message: string;
}

/** A parsed file, and what turns an offset in it into a line. */
export interface PolicyDocument {
  readonly document: Document;
  readonly lines: LineCounter;
}

export type Path = readonly PropertyKey[];

/** A problem at a path of the document; where the path ends early, at the last place that exists. */
export function problemAt(source: PolicyDocument, path: Path, message: string): PolicyProblem {
  return { ...placeOf(source, offsetOf(source.document, path)), path: pathText(path), message };
}

/** A problem at an offset of the file. */
export function problemAtOffset(
  { lines }: Pick<PolicyDocument, 'lines'>,
  offset: number,
  message: string,
): PolicyProblem {
  return { ...placeOf({ lines }, offset), path: '', message };
}

/** The problems of a schema, each with what was got. `known` lists the keys that belong at a path. */
export function problemsOfIssues(
  source: PolicyDocument,
  issues: readonly z.core.$ZodIssue[],
  known: (path: Path) => readonly string[],
): readonly PolicyProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [problemAt(source, issue.path, wordsOf(source, issue))];
    return issue.keys.map((key) => unknownKey(source, [...issue.path, key], known(issue.path)));
  });
}

function unknownKey(source: PolicyDocument, path: Path, known: readonly string[]): PolicyProblem {
  const key = String(path.at(-1));
  const meant = closestWord(key, known);
  const message = `unknown key "${key}", ${meant === undefined ? `want one of ${known.join(', ')}` : `did you mean ${meant}?`}`;
  return { ...placeOf(source, keyOffsetOf(source.document, path)), path: pathText(path), message };
}

/** A message that says what is wanted is told what was got, and for a mistyped word of a list, which was meant. */
function wordsOf({ document }: PolicyDocument, { path, message }: z.core.$ZodIssue): string {
  if (!message.startsWith('want ')) return message;
  const node = nodeAt(document, path);
  if (node === undefined) return `is missing, ${message}`;
  const got: unknown = isScalar(node) ? node.value : undefined;
  const choices = /^want one of ([\w, -]+?)(?:, or a list of them)?$/.exec(message)?.[1]?.split(', ') ?? [];
  const meant = typeof got === 'string' ? closestWord(got, choices) : undefined;
  return `got ${gotWords(node)}, ${message}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function gotWords(node: Node): string {
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list';
  if (!isScalar(node)) return 'something else';
  if (node.value === null) return 'nothing';
  const text =
    typeof node.value === 'string' ? JSON.stringify(node.value) : (node.source ?? JSON.stringify(node.value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}${text === '' ? '' : '.'}${String(key)}`),
    '',
  );
}

function placeOf({ lines }: Pick<PolicyDocument, 'lines'>, offset: number): Pick<PolicyProblem, 'line' | 'column'> {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The offset of the value at a path, or of the nearest place before it that exists. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const found = nodeAt(document, path.slice(0, length))?.range?.[0];
    if (found !== undefined) return found;
  }
  return document.contents?.range?.[0] ?? 0;
}

function keyOffsetOf(document: Document, path: Path): number {
  const parent = nodeAt(document, path.slice(0, -1));
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1))
    : undefined;
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, path);
}

/** Follows aliases: the value is where its anchor is. */
function nodeAt(document: Document, path: Path): Node | undefined {
  let node: unknown = document.contents;
  for (const key of path) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    if (!isCollection(inside)) return undefined;
    node = inside.get(key, true);
  }
  const end = isAlias(node) ? node.resolve(document) : node;
  return isScalar(end) || isCollection(end) ? end : undefined;
}
