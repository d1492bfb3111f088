import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { policyJsonSchema } from '../../../lib/adapters/policy/policy-json-schema.ts';
import { readPolicies } from '../../../lib/adapters/policy/read-policies.ts';
import { DEFAULT_METER_POLICY } from '../../../lib/core/policy/policy.ts';
import { policyKeyTables } from '../../support/policy-key-table.ts';

const root = new URL('../../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const isUpdating = process.env['UPDATE_GOLDEN'] === '1' && process.env['CI'] === undefined;

describe('the policy files that come with the product', () => {
  const files = readdirSync(new URL('policies/', root)).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s is valid', (name) => {
    expect(readPolicies(textOf(`policies/${name}`), name).policies.length).toBeGreaterThan(0);
  });

  it('act on nothing by default', () => {
    const modes = readPolicies(textOf('policies/default.yaml'), 'default.yaml').policies.flatMap(({ meters }) =>
      Object.values(meters).flatMap(({ increase, decrease }) => [increase.mode, decrease.mode]),
    );

    expect(new Set(modes)).toEqual(new Set(['recommend']));
  });

  it('act on everything that can be set in the demo, and on nothing else', () => {
    const { policies } = readPolicies(textOf('policies/demo.yaml'), 'demo.yaml');
    const modesOf = (name: string): readonly string[] => [
      ...new Set(
        Object.values(policies.find((policy) => policy.name === name)!.meters).flatMap(({ increase, decrease }) => [
          increase.mode,
          decrease.mode,
        ]),
      ),
    ];

    expect(modesOf('watched')).toEqual(['observe']);
    expect(modesOf('demo')).toEqual(['auto']);
  });
});

describe('the JSON Schema for editors', () => {
  it('is the one that is made from the schema (UPDATE_GOLDEN=1 writes it)', () => {
    const schema = policyJsonSchema();
    if (isUpdating) writeFileSync(new URL('policies/schema.json', root), `${JSON.stringify(schema, undefined, 2)}\n`);

    expect(JSON.parse(textOf('policies/schema.json'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('names the defaults that really hold', () => {
    const written = JSON.stringify(policyJsonSchema().$defs);
    const [increase, decrease] = ['increase', 'decrease'].map((name) => policyJsonSchema().$defs![name]!.properties!);
    const file = (side: string, keys: typeof increase): string => {
      const { when, ...rest } = keys!;
      const lines = (from: typeof rest): string =>
        Object.entries(from)
          .filter(([, { default: standard }]) => standard !== undefined && !Array.isArray(standard))
          .map(([key, { default: standard }]) => `${key}: ${standard as string}`)
          .join(', ');
      return `${side}: { ${lines(rest)}, when: { ${lines(when!.properties!)} } }`;
    };
    const text = `version: 1\npolicies: [{ name: a, cpu: { ${file('increase', increase)}, ${file('decrease', decrease)} } }]`;

    expect(written).toContain('"default":"95%"');
    expect(readPolicies(text, 'defaults.yaml').policies[0]!.meters.cpu).toEqual(DEFAULT_METER_POLICY);
  });

  it('takes the same text as the program for quantities', () => {
    const { increase } = policyJsonSchema().$defs!;
    const patternOf = (key: string): RegExp => new RegExp(increase!.properties![key]!.pattern!);

    expect(['100%', '12.5 %', '100', '1.%'].map((text) => patternOf('step').test(text))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(['10s', '500ms', '10', '1w'].map((text) => patternOf('cooldown').test(text))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('docs/policies.md', () => {
  const BEGIN = '<!-- keys: made from the schema, UPDATE_GOLDEN=1 writes them -->';
  const END = '<!-- end of keys -->';
  const around = (text: string): readonly [before: string, between: string, after: string] => {
    const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
    return [text.slice(0, begin), text.slice(begin, end).trim(), text.slice(end)];
  };
  /** Formatting pads cells and lengthens dashes. */
  const plain = (table: string): string => table.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ');

  it('has the keys, defaults and bounds of the schema', () => {
    const tables = policyKeyTables(policyJsonSchema());
    const [before, , after] = around(textOf('docs/policies.md'));
    if (isUpdating)
      writeFileSync(
        new URL('docs/policies.md', root),
        `${before}

${tables}

${after}`,
      );

    expect(plain(around(textOf('docs/policies.md'))[1])).toBe(plain(tables));
  });

  it('has only examples that are valid', () => {
    const examples = [...textOf('docs/policies.md').matchAll(/```yaml\n(version: 1\n[^`]*)```/g)].map(
      ([, example]) => example!,
    );

    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const example of examples) readPolicies(example, 'docs/policies.md');
  });
});
