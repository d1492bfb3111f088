import type { Definition, State } from './definition.ts';

/**
 * The interpreter gives a Task 60 seconds when the definition says nothing; at AWS it is years. This is the longest that
 * a timer of Node.js takes, in seconds.
 */
const LONGEST_TIMEOUT_S = 2_000_000;

/**
 * The same machine in words that the interpreter takes as AWS does. `scale` multiplies waits and the pauses before
 * retries; 1 is real time.
 */
export function interpretable(definition: Definition, scale: number): Definition {
  const rewrite = (machine: Definition): Definition => ({
    ...machine,
    States: Object.fromEntries(
      Object.entries(machine.States).map(([name, state]) => [name, rewriteState(state as State)]),
    ),
  });
  /** One rule for each field that is said differently; the rest goes through as it is. */
  const rules: Readonly<Record<string, (value: never) => unknown>> = {
    Seconds: (seconds: number) => seconds * scale,
    Retry: (retriers: readonly Retrier[]) => retriers.map((retrier) => scaled(retrier, scale)),
    Catch: (catchers: readonly object[]) => catchers.map(withoutRootPath),
    Branches: (branches: readonly Definition[]) => branches.map(rewrite),
    ItemProcessor: rewrite,
    Iterator: rewrite,
  };
  const rewriteState = (state: State): State => {
    const fields = Object.entries(withoutRootPath(state)).map(([field, value]: [string, unknown]) => [
      field,
      rules[field]?.(value as never) ?? value,
    ]);
    const timeout = state.Type === 'Task' && !('TimeoutSecondsPath' in state) && { TimeoutSeconds: LONGEST_TIMEOUT_S };
    return { ...timeout, ...(Object.fromEntries(fields) as State) };
  };
  return rewrite(definition);
}

interface Retrier {
  readonly IntervalSeconds?: number;
  readonly MaxDelaySeconds?: number;
}

const scaled = (retrier: Retrier, scale: number): Retrier => ({
  ...retrier,
  IntervalSeconds: (retrier.IntervalSeconds ?? 1) * scale,
  ...(retrier.MaxDelaySeconds !== undefined && { MaxDelaySeconds: retrier.MaxDelaySeconds * scale }),
});

/** `"ResultPath": "$"` is the default written out, but the interpreter makes a field named `$` of it. */
const withoutRootPath = (part: object): object =>
  Object.fromEntries(Object.entries(part).filter(([field, value]) => field !== 'ResultPath' || value !== '$'));
