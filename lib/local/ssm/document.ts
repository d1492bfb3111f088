import { z } from 'zod';
import { ServiceError } from '../json-service.ts';

const parameterSchema = z.strictObject({
  type: z.enum(['String', 'StringList', 'Integer', 'Boolean']),
  description: z.string().optional(),
  default: z.unknown().optional(),
  allowedPattern: z.string().optional(),
  allowedValues: z.array(z.unknown()).optional(),
  minChars: z.number().optional(),
  maxChars: z.number().optional(),
  displayType: z.string().optional(),
  interpolationType: z.enum(['RAW', 'ENV_VAR']).optional(),
});

/** The part of schema version 2.2 that runs here: one or more `aws:runShellScript` steps. */
const documentSchema = z.strictObject({
  schemaVersion: z.literal('2.2'),
  description: z.string().optional(),
  parameters: z.record(z.string(), parameterSchema).default({}),
  mainSteps: z
    .array(
      z.strictObject({
        action: z.literal('aws:runShellScript'),
        name: z.string(),
        precondition: z.unknown().optional(),
        inputs: z.strictObject({
          runCommand: z.array(z.string()).min(1),
          workingDirectory: z.string().optional(),
          timeoutSeconds: z.union([z.string(), z.number()]).default(3600),
        }),
      }),
    )
    .min(1),
});

export type SsmDocument = z.infer<typeof documentSchema>;
export type SsmParameter = z.infer<typeof parameterSchema>;

/** One step with its parameters filled in. */
export interface Step {
  readonly script: string;
  /** Variables that carry parameters with interpolation type `ENV_VAR`. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutS: number;
  readonly workingDirectory: string | undefined;
}

/** Checks a Command document. Throws a TypeError that names everything that cannot be run here. */
export function parseDocument(name: string, content: unknown): SsmDocument {
  const parsed = documentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new TypeError(`the ssm document ${name} cannot be run locally:\n${z.prettifyError(parsed.error)}`);
}

/**
 * The steps of a document with the parameters of one SendCommand. Throws ServiceError InvalidParameters for one that is
 * unknown, missing, or not allowed by the document, as SendCommand does before anything runs.
 */
export function stepsOf(document: SsmDocument, given: Readonly<Record<string, readonly string[]>>): readonly Step[] {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(document.parameters, name)) throw invalid(`Parameter ${name} is not defined in the document`);
  }
  const values = new Map(
    Object.entries(document.parameters).map(([name, rule]) => [name, valueOf(name, rule, given[name])] as const),
  );
  const variables = Object.entries(document.parameters).filter(([, rule]) => rule.interpolationType === 'ENV_VAR');
  const env = Object.fromEntries(variables.map(([name]) => [`SSM_${name}`, values.get(name) ?? '']));
  const fill = (text: string): string =>
    text.replace(/\{\{\s*(?:ssm:)?([\w.-]+)\s*\}\}/g, (whole, name: string) => {
      const value = values.get(name);
      if (value === undefined) return whole;
      return document.parameters[name]?.interpolationType === 'ENV_VAR' ? `$SSM_${name}` : value;
    });
  return document.mainSteps.map(({ inputs }) => ({
    script: inputs.runCommand.map(fill).join('\n'),
    env,
    timeoutS: Number(fill(String(inputs.timeoutSeconds))),
    workingDirectory: inputs.workingDirectory === undefined ? undefined : fill(inputs.workingDirectory),
  }));
}

/** Parameters reach a script as text: a list as its lines joined, as the agent does for `{{ commands }}`. */
function valueOf(name: string, rule: SsmParameter, given: readonly string[] | undefined): string {
  if (given === undefined) {
    if (rule.default === undefined) throw invalid(`Parameter ${name} requires a value`);
    return [rule.default].flat().map(String).join('\n');
  }
  if (rule.type !== 'StringList' && given.length !== 1)
    throw invalid(`Parameter ${name} takes one value, got ${given.length}`);
  for (const value of given) checkValue(name, rule, value);
  return given.join('\n');
}

function checkValue(name: string, rule: SsmParameter, value: string): void {
  const { allowedPattern, allowedValues, minChars = 0, maxChars = Infinity } = rule;
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    throw invalid(`Parameter ${name} does not match the allowed pattern ${allowedPattern}`);
  }
  if (allowedValues !== undefined && !allowedValues.map(String).includes(value)) {
    throw invalid(`Parameter ${name} is not one of ${allowedValues.map(String).join(', ')}`);
  }
  if (value.length < minChars || value.length > maxChars) {
    throw invalid(`Parameter ${name} has ${value.length} characters, allowed are ${minChars} to ${maxChars}`);
  }
  if (!FORM[rule.type].test(value)) throw invalid(`Parameter ${name} is not of type ${rule.type}`);
}

const FORM: Readonly<Record<SsmParameter['type'], RegExp>> = {
  String: /^/,
  StringList: /^/,
  Integer: /^-?\d+$/,
  Boolean: /^(true|false)$/i,
};

const invalid = (message: string): ServiceError => new ServiceError('InvalidParameters', message);
