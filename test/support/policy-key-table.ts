import { schemaAt, type JsonSchema } from '../../lib/adapters/policy/policy-json-schema.ts';

/**
 * The tables of keys in docs/policies.md, made from the JSON Schema of policy files: one for each map, `increase` and
 * `decrease` and `bounds` once, because they are the same in every place.
 */
export function policyKeyTables(schema: JsonSchema): string {
  const at = (map: JsonSchema, key: PropertyKey): JsonSchema => schemaAt(schema, map, key)!;
  const policy = at(at(schema, 'policies'), 0);
  const memory = at(policy, 'memory');
  const sections: readonly (readonly [title: string, map: JsonSchema])[] = [
    ['The file', schema],
    ['A policy', policy],
    ['`match`', at(policy, 'match')],
    ['A resource or meter (`cpu`, `memory`, ...); `defaults` is the same without `bounds`', memory],
    ['`increase`', at(memory, 'increase')],
    ['`decrease`', at(memory, 'decrease')],
    [
      '`bounds` of memory; of cpu they are vCPUs such as `0.5`, of disk and network rates such as `50MiB/s`',
      at(memory, 'bounds'),
    ],
  ];
  return sections.map(([title, map]) => [`### ${title}`, '', ...tableOf(schema, map)].join('\n')).join('\n\n');
}

function tableOf(root: JsonSchema, map: JsonSchema): readonly string[] {
  return ['| key | value | default | what it does |', '| --- | --- | --- | --- |', ...rowsOf(root, map, '')];
}

function rowsOf(root: JsonSchema, map: JsonSchema, prefix: string): readonly string[] {
  return Object.keys(map.properties ?? {}).flatMap((key) => {
    const schema = schemaAt(root, map, key)!;
    const standard = map.required?.includes(key) ? '(needed)' : defaultOf(schema);
    const row = `| \`${prefix}${key}\` | ${valueOf(schema)} | ${standard} | ${schema.description ?? ''} |`;
    return key === 'when' ? [row, ...rowsOf(root, schema, `${prefix}${key}.`)] : [row];
  });
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function valueOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
  const values = schema.enum ?? schema.examples;
  if (values !== undefined) return values.map(code).join(', ');
  if (schema.anyOf !== undefined) return `${valueOf(schema.anyOf[0]!)}, or a list`;
  if (schema.type === 'integer' || schema.type === 'number') {
    return `${schema.type === 'integer' ? 'whole ' : ''}number from ${schema.minimum!} to ${schema.maximum!}`;
  }
  if (schema.type === 'array') return 'list';
  return schema.type === 'object' ? 'map' : 'text';
}

function defaultOf({ default: standard }: JsonSchema): string {
  if (standard === undefined) return '';
  return Array.isArray(standard) ? 'empty' : code(standard);
}
