import { readdirSync, readFileSync } from 'node:fs';
import { inspectPolicies, readPolicies } from '../../../lib/adapters/policy/read-policies.ts';
import { messageOf } from '../../../lib/core/fault.ts';
import { DEFAULT_METER_POLICY, type Policy } from '../../../lib/core/policy/policy.ts';
import { expectGolden } from '../../support/golden-text.ts';
import { refusalOf } from '../../support/refusal-of.ts';

const goldenFolder = new URL('../../golden/policy/', import.meta.url);
const policyOf = (body: string): Policy =>
  readPolicies(`version: 1\npolicies:\n  - name: web\n${body}`, 'test.yaml').policies[0]!;
const problemsOf = (text: string): readonly string[] => {
  const inspected = inspectPolicies(text);
  return inspected.kind === 'valid'
    ? []
    : inspected.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};

describe('reading a policy file', () => {
  it('needs no more than a name: everything else is recommend only', () => {
    expect(policyOf('')).toEqual({
      name: 'web',
      match: {},
      stale: 15_000,
      meters: {
        cpu: DEFAULT_METER_POLICY,
        memory: DEFAULT_METER_POLICY,
        disk_read: DEFAULT_METER_POLICY,
        disk_write: DEFAULT_METER_POLICY,
        net_rx: DEFAULT_METER_POLICY,
        net_tx: DEFAULT_METER_POLICY,
      },
    });
  });

  it('turns what people write into the units of the decisions', () => {
    const policy = policyOf(`
    stale: 1m
    match: { tags: { tier: web, zone: [a, b] }, host: kvm*, actuator: kvm }
    cpu:
      increase:
        mode: auto
        when: { increase: 30%, within: 5s, confidence: 99.5%, samples: 10 }
        step: 150%
        cooldown: 500ms
        windows: ['Mon-Fri 08:00-18:00 Europe/Berlin']
      bounds: { min: 0.5, max: 8 }
    memory: { bounds: { min: 512MiB, max: 8GiB } }
    network: { bounds: { max: 1Gbit/s } }
`);

    expect(policy).toMatchObject({
      stale: 60_000,
      match: { tags: { tier: ['web'], zone: ['a', 'b'] }, host: ['kvm*'], actuator: ['kvm'] },
    });
    expect(policy.meters.cpu.increase).toMatchObject({
      mode: 'auto',
      when: { increase: 0.3, within: 5_000, confidence: 0.995, samples: 10 },
      step: 1.5,
      cooldown: 500,
      windows: [{ days: [1, 2, 3, 4, 5], begin: 480, end: 1080, zone: 'Europe/Berlin' }],
    });
    expect(policy.meters.cpu.decrease).toEqual(DEFAULT_METER_POLICY.decrease);
    expect([policy.meters.cpu.bounds, policy.meters.memory.bounds, policy.meters.net_tx.bounds]).toEqual([
      { min: 0.5, max: 8 },
      { min: 2 ** 29, max: 2 ** 33 },
      { max: 125e6 },
    ]);
  });

  it('takes each key from the nearest place: meter, resource, policy, file', () => {
    const { policies } = readPolicies(
      `
version: 1
stale: 20s
defaults: { mode: observe, increase: { step: 10%, cooldown: 1s, when: { increase: 11% } } }
policies:
  - name: web
    defaults: { increase: { step: 20%, when: { samples: 7 } } }
    disk: { mode: approve, increase: { step: 30% }, bounds: { min: 1MB/s, max: 9MB/s } }
    disk_read: { increase: { step: 40%, mode: auto }, bounds: { max: 5MB/s } }
`,
      'test.yaml',
    );
    const { disk_read, disk_write, cpu } = policies[0]!.meters;

    expect(policies[0]!.stale).toBe(20_000);
    expect(
      [cpu, disk_write, disk_read].map(({ increase }) => [increase.mode, increase.step, increase.cooldown]),
    ).toEqual([
      ['observe', 0.2, 1_000],
      ['approve', 0.3, 1_000],
      ['auto', 0.4, 1_000],
    ]);
    expect([cpu, disk_write, disk_read].map(({ decrease }) => decrease.mode)).toEqual([
      'observe',
      'approve',
      'approve',
    ]);
    expect(disk_read.increase.when).toEqual({ increase: 0.11, confidence: 0.95, samples: 7 });
    expect([disk_write.bounds, disk_read.bounds]).toEqual([
      { min: 1e6, max: 9e6 },
      { min: 1e6, max: 5e6 },
    ]);
  });

  it('lets a side say its own mode beside the short one', () => {
    const { cpu } = policyOf('    cpu: { mode: auto, decrease: { mode: observe } }\n').meters;

    expect([cpu.increase.mode, cpu.decrease.mode]).toEqual(['auto', 'observe']);
  });

  it('takes anchors, aliases and merges', () => {
    const { cpu, memory } = policyOf(`
    cpu: &base { increase: { mode: auto } }
    memory: { <<: *base, bounds: { max: 1GiB } }
`).meters;

    expect([cpu.increase.mode, memory.increase.mode, memory.bounds]).toEqual(['auto', 'auto', { max: 2 ** 30 }]);
  });
});

describe('a policy file with problems', () => {
  it.each(readdirSync(goldenFolder).filter((name) => name.endsWith('.yaml')))(
    'is refused with all of them at once: %s',
    (name) => {
      const refused = refusalOf(() => readPolicies(readFileSync(new URL(name, goldenFolder), 'utf8'), name));

      expect(refused).toMatchObject({ code: 'POLICY_INVALID', retryable: false });
      expectGolden(new URL(name.replace('.yaml', '.txt'), goldenFolder), `${messageOf(refused)}\n`);
    },
  );

  it.each(['', '# nothing but a comment\n', '---\n', 'null'])('is empty: %j', (text) => {
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('the file is empty, want version: 1 and a list of policies'),
    ]);
  });

  it.each([
    ['- 1', 'got a list, want a policy file'],
    ['just text', 'got "just text", want a policy file'],
    ['version: 1', 'policies: is missing, want a list of policies'],
    ['version: 1\npolicies: []', 'policies: got an empty list, want at least one policy'],
    ['version: 1\npolicies: [{name: "a b"}]', 'got "a b", want a name of up to 64'],
    [
      'version: 1\npolicies: [{name: a, cpu: {increase: {when: {samples: 1.5}}}}]',
      'got 1.5, want a whole number from 1 to 1000000',
    ],
    [
      'version: 1\npolicies: [{name: a, cpu: {increase: {step: 1%}}}]',
      'got "1%", want a percentage from 5% to 1000% such as 20%',
    ],
    [
      'version: 1\npolicies: [{name: a, match: {actuator: xen}}]',
      'got "xen", want one of kvm, ec2, none, or a list of them',
    ],
    ['version: 1\npolicies: [{name: a, match: {name: [web, 3]}}]', 'want a pattern such as "web-*"'],
    ['version: 1\npolicies: [{name: a, __proto__: {}}]', 'unknown key "__proto__"'],
  ])('says what is wrong in %j', (text, words) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(words)]);
  });

  it('is refused when it grows without bounds by aliases of aliases', () => {
    const rows = Array.from({ length: 30 }, (_, i) => `x${i}: &x${i} [${i === 0 ? 'a' : `*x${i - 1}, *x${i - 1}`}]`);

    expect(problemsOf(rows.join('\n'))).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it('is refused when it is nested too deeply or too long, quickly and with few words', () => {
    const nested = messageOf(refusalOf(() => readPolicies('['.repeat(2_000), 'deep.yaml')));
    const long = messageOf(refusalOf(() => readPolicies('#'.repeat(200_001), 'long.yaml')));

    expect(nested.split('\n').length).toBeLessThan(110);
    expect(long).toContain('has 200001 characters, want at most 200000');
  });

  it('does not say that a policy is never reached when that cannot be known', () => {
    expect(problemsOf('version: 1\npolicies: [{name: a, match: {nmae: x}}, {name: b}]')).toEqual([
      expect.stringContaining('did you mean name?'),
    ]);
  });
});
