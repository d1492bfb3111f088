import type { StateMachineDefinition } from 'aws-local-stepfunctions';

export type States = StateMachineDefinition['States'];
type State = States[string];
type Task = Extract<State, { Type: 'Task' }>;
type Retrier = NonNullable<Task['Retry']>[number];
type Rule = Extract<State, { Type: 'Choice' }>['Choices'][number];
type Json = string | number | boolean | null | Json[] | Template;
/** An object in which a key that ends in `.$` has a path or an intrinsic function for its value. */
export interface Template {
  readonly [key: string]: Json;
}

/** A condition of a Choice state, before it is told where to go. */
export type Condition = NonNullable<Extract<Rule, { And?: unknown }>['And']>[number];

interface Call {
  readonly resource: string;
  readonly parameters: Template;
  /** Where the answer goes in the execution's state; null drops it. */
  readonly resultPath: string | null;
  readonly retry: readonly Retrier[];
  readonly next: string;
  /** The state that every error leads to; the error object `{ Error, Cause }` is put at `errorPath`. */
  readonly failed: string;
  readonly errorPath?: string;
}

/**
 * A Task state that always has a way out: whatever is thrown is caught. Path errors (`States.Runtime`) cannot be caught
 * on AWS, so parameters may only name what an earlier state made sure of.
 */
export const call = (of: Call): State => ({
  Type: 'Task',
  Resource: of.resource,
  Parameters: of.parameters,
  ResultPath: of.resultPath,
  TimeoutSeconds: 60,
  Retry: [...of.retry],
  Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: of.errorPath ?? '$.error', Next: of.failed }],
  Next: of.next,
});

/** Retries anything `attempts` times, first after `seconds`, then twice as long each time, a minute at most. */
export const retryAll = (seconds: number, attempts: number): Retrier => ({
  ErrorEquals: ['States.ALL'],
  IntervalSeconds: seconds,
  MaxAttempts: attempts,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
});

/** A Pass state that puts a template's value at `path`. */
export const note = (path: string, value: Template, next: string): State => ({
  Type: 'Pass',
  Parameters: value,
  ResultPath: path,
  Next: next,
});

/** A Pass state that adds one to the counter `{ n }` at `path`. */
export const count = (path: string, next: string): State => note(path, { 'n.$': `States.MathAdd(${path}.n, 1)` }, next);

export const wait = (seconds: number, next: string): State => ({ Type: 'Wait', Seconds: seconds, Next: next });

/** A Choice state: the first row whose condition holds says where to go. */
export const choose = (rows: readonly (readonly [condition: Condition, next: string])[], otherwise: string): State => ({
  Type: 'Choice',
  Choices: rows.map(([condition, next]) => ({ ...condition, Next: next })),
  Default: otherwise,
});

export const all = (...conditions: readonly Condition[]): Condition => ({ And: [...conditions] });
const either = (...conditions: readonly Condition[]): Condition => ({ Or: [...conditions] });

/** The path exists: asked first, since a comparison with a missing path ends the execution where no Catch helps. */
export const present = (path: string): Condition => ({ Variable: path, IsPresent: true });
export const not = (condition: Condition): Condition => ({ Not: condition });
export const missing = (path: string): Condition => not(present(path));
export const is = (path: string, ...values: readonly string[]): Condition =>
  either(...values.map((value) => ({ Variable: path, StringEquals: value })));
export const isSameAs = (path: string, other: string): Condition => ({ Variable: path, StringEqualsPath: other });
export const isBelow = (path: string, bound: number): Condition => ({ Variable: path, NumericLessThan: bound });
