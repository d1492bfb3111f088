import { z } from 'zod';
import { policyFileSchema } from './policy-schema.ts';

/** The part of JSON Schema (2020-12) that the schema of policy files uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** The JSON Schema of policy files: completion and checks in editors. `policies/schema.json` is this. */
export function policyJsonSchema(): JsonSchema {
  return z.toJSONSchema(policyFileSchema, {
    io: 'input',
    // Of a value that is transformed zod takes defaults and examples for its output, so ours have names of their own.
    override: ({ jsonSchema }) => {
      for (const [ours, keyword] of [
        ['fallback', 'default'],
        ['written', 'examples'],
      ] as const) {
        if (ours in jsonSchema) Object.assign(jsonSchema, { [keyword]: jsonSchema[ours] });
        Reflect.deleteProperty(jsonSchema, ours);
      }
    },
  }) as JsonSchema;
}

/** What is at a key of a map, or in a list, with a reference followed. */
export function schemaAt(root: JsonSchema, schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const found = typeof key === 'number' ? schema.items : schema.properties?.[String(key)];
  const name = found?.$ref?.replace('#/$defs/', '');
  return name === undefined ? found : root.$defs?.[name];
}

/** Made once, when the first problem asks for it: a file may have thousands of them. */
let root: JsonSchema | undefined;

/** The keys that belong into the map at a path of a policy file. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  root ??= policyJsonSchema();
  const top = root;
  const schema = path.reduce<JsonSchema | undefined>((at, key) => at && schemaAt(top, at, key), top);
  return Object.keys(schema?.properties ?? {});
}
