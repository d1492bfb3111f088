import { LineCounter, parseDocument, visit, type Alias } from 'yaml';
import { Fault, messageOf } from '../../core/fault.ts';
import { METERS, RESOURCE_OF } from '../../core/meter.ts';
import type { Match, PolicySet } from '../../core/policy/policy.ts';
import { matchCovers } from '../../core/policy/select-policy.ts';
import { boundsOf, fillPolicies } from './fill-policies.ts';
import { knownKeys } from './policy-json-schema.ts';
import {
  problemAt,
  problemAtOffset,
  problemsOfIssues,
  type PolicyDocument,
  type PolicyProblem,
} from './policy-problem.ts';
import { matchSchema, MOST_POLICIES, policyFileSchema, type PolicyEntry } from './policy-schema.ts';

/** A policy file that was looked at: what it says, or everything that is wrong in it. */
export type InspectedPolicies =
  | { readonly kind: 'valid'; readonly policies: PolicySet }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };

/**
 * Reads a policy file (YAML 1.2; docs/policies.md). Throws Fault POLICY_INVALID with every problem in one message, each
 * with its place, what was got and what is wanted.
 */
export function readPolicies(text: string, fileName: string): PolicySet {
  const inspected = inspectPolicies(text);
  if (inspected.kind === 'valid') return inspected.policies;
  throw new Fault('POLICY_INVALID', problemsText(inspected.problems, fileName));
}

/** Reads a policy file, or lists what is wrong in it, in the order of its lines. Never throws, whatever the text is. */
export function inspectPolicies(text: string): InspectedPolicies {
  if (text.length > MOST_CHARACTERS) {
    const message = `the file has ${text.length} characters, want at most ${MOST_CHARACTERS}`;
    return { kind: 'invalid', problems: [{ line: 1, column: 1, path: '', message }] };
  }
  const lines = new LineCounter();
  const source = { document: parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true }), lines };
  const broken = syntaxProblems(source);
  if (broken.length > 0) return invalid(broken);
  try {
    return inspectContent(source);
  } catch (error) {
    // Aliases of aliases that grow beyond all bounds: the library stops at MOST_ALIASES.
    if (error instanceof ReferenceError) return invalid([problemAt(source, [], messageOf(error))]);
    throw error;
  }
}

/** The problems of a file as people read them: one a line, as compilers write them. */
export function problemsText(problems: readonly PolicyProblem[], fileName: string): string {
  const shown = problems.slice(0, MOST_PROBLEMS).map(({ line, column, path, message }) => {
    return `  ${fileName}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`;
  });
  const more = problems.length - shown.length;
  return [
    `${fileName} has ${problems.length} problem${problems.length === 1 ? '' : 's'}`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
}

/** Many times what a large fleet needs, and read within seconds whatever is in it. */
const MOST_CHARACTERS = 200_000;
const MOST_ALIASES = 100;
const MOST_PROBLEMS = 100;

function inspectContent(source: PolicyDocument): InspectedPolicies {
  const content: unknown = source.document.toJS({ maxAliasCount: MOST_ALIASES });
  if (content === null || content === undefined) {
    const message = 'the file is empty, want version: 1 and a list of policies';
    return invalid([problemAt(source, [], message)]);
  }
  const parsed = policyFileSchema.safeParse(content);
  const problems = [
    ...(parsed.success ? [] : problemsOfIssues(source, parsed.error.issues, knownKeys)),
    ...repeatedNames(source, content),
    ...unreachable(source, content),
    ...(parsed.success ? parsed.data.policies.flatMap((entry, at) => crossedBounds(source, entry, at)) : []),
  ];
  if (problems.length > 0 || !parsed.success) return invalid(problems);
  return { kind: 'valid', policies: fillPolicies(parsed.data) };
}

function invalid(problems: readonly PolicyProblem[]): InspectedPolicies {
  return {
    kind: 'invalid',
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column || (a.path < b.path ? -1 : 1)),
  };
}

function syntaxProblems(source: PolicyDocument): readonly PolicyProblem[] {
  const said = [...source.document.errors, ...source.document.warnings].map(({ pos, message }) =>
    problemAtOffset(source, pos[0], message),
  );
  return [...said, ...aliasProblems(source)];
}

/** Looking an alias up walks the whole file, so there may not be any number of them. */
function aliasProblems(source: PolicyDocument): readonly PolicyProblem[] {
  const aliases: Alias[] = [];
  visit(source.document, {
    Alias(_key, alias) {
      aliases.push(alias);
    },
  });
  const problem = (alias: Alias | undefined, message: string): PolicyProblem =>
    problemAtOffset(source, alias?.range?.[0] ?? 0, message);
  if (aliases.length > MOST_ALIASES) {
    return [problem(aliases[MOST_ALIASES], `the file has ${aliases.length} aliases, want at most ${MOST_ALIASES}`)];
  }
  return aliases
    .filter((alias) => alias.resolve(source.document) === undefined)
    .map((alias) => problem(alias, `*${alias.source} names no anchor, want &${alias.source} before it`));
}

/** Looks at what was written and not at what was parsed, so that it is found beside problems of any other kind. */
function entriesOf(content: unknown): readonly (Readonly<Record<string, unknown>> | undefined)[] {
  const policies = isRecord(content) ? content['policies'] : undefined;
  return Array.isArray(policies)
    ? policies.slice(0, MOST_POLICIES).map((entry: unknown) => (isRecord(entry) ? entry : undefined))
    : [];
}

function repeatedNames(source: PolicyDocument, content: unknown): readonly PolicyProblem[] {
  const names = entriesOf(content).map((entry) => entry?.['name']);
  return names.flatMap((name, at) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === at) return [];
    return [
      problemAt(source, ['policies', at, 'name'], `"${name}" is the name of policies[${first}] too, want another`),
    ];
  });
}

function unreachable(source: PolicyDocument, content: unknown): readonly PolicyProblem[] {
  const entries = entriesOf(content);
  const matches = entries.map((entry) => (entry === undefined ? undefined : matchOf(entry['match'])));
  return matches.flatMap((inner, at) => {
    const first = matches.findIndex(
      (outer, before) => before < at && outer !== undefined && inner !== undefined && matchCovers(outer, inner),
    );
    if (first < 0) return [];
    const name = entries[first]?.['name'];
    const earlier = `policies[${first}]${typeof name === 'string' ? ` (${name})` : ''}`;
    const message = `is never reached, ${earlier} before it selects every VM that it selects: move it up`;
    return [problemAt(source, ['policies', at], message)];
  });
}

/** Undefined for a match that is itself wrong: of that it cannot be said what it selects. */
function matchOf(written: unknown): Match | undefined {
  const parsed = matchSchema.safeParse(written ?? {});
  return parsed.success ? parsed.data : undefined;
}

/** Bounds that are in order in each block and not together: `disk: { bounds: { min: 9MB/s } }` and a smaller max for reads. */
function crossedBounds(source: PolicyDocument, entry: PolicyEntry, at: number): readonly PolicyProblem[] {
  return METERS.flatMap((meter) => {
    const { min = 0, max = Infinity } = boundsOf(meter, entry);
    if (min <= max) return [];
    const message = `its bounds and those of ${RESOURCE_OF[meter]} together have a min above the max`;
    return [problemAt(source, ['policies', at, meter, 'bounds'], message)];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
