/** An Amazon States Language definition as parsed JSON. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, { readonly Type: string }>>;
}

/** A state with all of its fields, whatever they are. */
export interface State {
  readonly Type: string;
  readonly [field: string]: unknown;
}

const COMMON = ['Type', 'Comment', 'InputPath', 'OutputPath'];
const FLOW = ['Next', 'End'];
const RESULT = ['Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'];

/** What the interpreter carries out, per state type. It skips anything else in silence, so anything else is refused. */
const SERVED: Readonly<Record<string, readonly string[]>> = {
  Task: [...COMMON, ...FLOW, ...RESULT, 'Resource', 'TimeoutSeconds', 'TimeoutSecondsPath'],
  Parallel: [...COMMON, ...FLOW, ...RESULT, 'Branches'],
  Map: [
    ...COMMON,
    ...FLOW,
    ...RESULT,
    'Iterator',
    'ItemProcessor',
    'ItemSelector',
    'ItemsPath',
    'MaxConcurrency',
    'MaxConcurrencyPath',
  ],
  Pass: [...COMMON, ...FLOW, 'Parameters', 'Result', 'ResultPath'],
  Wait: [...COMMON, ...FLOW, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Choice: [...COMMON, 'Choices', 'Default'],
  Succeed: COMMON,
  Fail: [...COMMON, 'Error', 'ErrorPath', 'Cause', 'CausePath'],
};
const MACHINE = ['Comment', 'StartAt', 'States', 'Version', 'TimeoutSeconds', 'QueryLanguage', 'ProcessorConfig'];

/** Every state of a definition, those inside Parallel and Map included. Names are unique over a whole machine. */
export function statesOf(definition: Definition): readonly (readonly [name: string, state: State])[] {
  return Object.entries(definition.States).flatMap(([name, state]) => [
    [name, state as State] as const,
    ...innerDefinitions(state as State).flatMap(statesOf),
  ]);
}

const innerDefinitions = (state: State): readonly Definition[] =>
  [state['Branches'] ?? [], state['ItemProcessor'] ?? [], state['Iterator'] ?? []].flat() as Definition[];

/**
 * Everything in a definition that the interpreter would ignore or get wrong, one line each; empty when it can run.
 * A machine that would quietly do something else than at AWS must not start.
 */
export function unservedParts(definition: Definition): readonly string[] {
  const states = statesOf(definition).flatMap(([name, state]) => stateProblems(`state "${name}"`, state));
  return [...machineProblems('the machine', definition), ...states];
}

function machineProblems(place: string, definition: Definition): readonly string[] {
  const { QueryLanguage = 'JSONPath', ProcessorConfig = {} } = definition as {
    QueryLanguage?: string;
    ProcessorConfig?: { Mode?: string };
  };
  const { Mode = 'INLINE' } = ProcessorConfig;
  return [
    ...unknownFields(place, definition, MACHINE),
    ...only(QueryLanguage !== 'JSONPath', `${place} asks for ${QueryLanguage}, only JSONPath is interpreted`),
    ...only(Mode !== 'INLINE', `${place} is a ${Mode} map, only INLINE ones are interpreted`),
  ];
}

function stateProblems(place: string, state: State): readonly string[] {
  const served = SERVED[state.Type];
  if (served === undefined) return [`${place} has type ${state.Type}, which is not interpreted`];
  const { Resource = '', Result = true, Choices = [], Catch = [] } = state;
  const rules = [Choices, Catch].flat() as object[];
  return [
    ...unknownFields(place, state, served),
    ...innerDefinitions(state).flatMap((inner) => machineProblems(`${place}, inside,`, inner)),
    ...only(
      /\.(waitForTaskToken|sync(:\d)?)$/.test(Resource as string),
      `${place} waits for a call-back or a job (${Resource as string}), which is not interpreted`,
    ),
    ...only(!Result, `${place} has the Result ${JSON.stringify(Result)}, which the interpreter skips`),
    ...only(
      rules.some((rule) => 'Assign' in rule),
      `${place} assigns variables, which are not interpreted`,
    ),
    ...pathsOf(state)
      .filter(isUnservedPath)
      .map((path) => `${place} reads ${path}, which the interpreter does not know`),
  ];
}

const only = (isProblem: boolean, problem: string): readonly string[] => (isProblem ? [problem] : []);

/** Workflow variables (`$name`) and the parts of the context object that the interpreter leaves empty. */
const isUnservedPath = (path: string): boolean => /^\$[A-Za-z_]/.test(path) || /^\$\$\.(State|Task)\b/.test(path);

const NESTED = new Set(['Branches', 'ItemProcessor', 'Iterator']);

/** All paths in the fields and payload templates of a state, but not those of the states inside it. */
function pathsOf(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return isExpression(key) ? pathsIn(value) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([inner, item]) =>
    NESTED.has(inner) ? [] : pathsOf(item, Array.isArray(value) ? key : inner),
  );
}

const isExpression = (key: string): boolean => key.endsWith('.$') || key.endsWith('Path') || key === 'Variable';

/** A path, or the paths among the arguments of an intrinsic function, texts in quotes left out. */
const pathsIn = (expression: string): readonly string[] =>
  expression.replace(/'(\\.|[^'\\])*'/g, '').match(/\$[^\s,()]*/g) ?? [];

const unknownFields = (place: string, value: object, known: readonly string[]): readonly string[] =>
  Object.keys(value)
    .filter((field) => !known.includes(field))
    .map((field) => `${place} has the field ${field}, which is not interpreted`);
