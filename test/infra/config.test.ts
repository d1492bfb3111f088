import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../lib/infra/config.ts';

const configOf = (context: Readonly<Record<string, unknown>>): ReturnType<typeof readConfig> =>
  readConfig((key) => context[key]);

describe('the configuration of a deployment', () => {
  it('has a default for everything', () => {
    expect(configOf({})).toEqual({
      shards: 1,
      windowSeconds: 300,
      policies: 'policies/default.yaml',
      isolated: false,
      enrolTag: 'shadowcast:enrolled',
      leadMs: 5000,
      holdMs: 5000,
      risk: 0.01,
      riskOf: 'shard',
      retain: true,
    });
  });

  it('takes values as text, as the command line gives them', () => {
    expect(configOf({ shards: '4', isolated: 'true', windowSeconds: '120' })).toMatchObject({
      shards: 4,
      isolated: true,
      windowSeconds: 120,
    });
  });

  it('names every problem in one message', () => {
    const wrong = {
      shards: '0',
      windowSeconds: 901,
      isolated: 'yes',
      alarmEmail: 'ops',
      policies: 'none.yaml',
      enrolTag: 'a b',
      risk: '1',
      riskOf: 'fleet',
    };

    expect(() => configOf(wrong)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/(?=.*shards)/s) as string }) as Error,
    );
    for (const key of Object.keys(wrong)) expect(() => configOf(wrong)).toThrow(key);
  });

  it('refuses policies that the replay function would refuse', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shadowcast-'));
    const policies = join(folder, 'policies.yaml');
    writeFileSync(policies, 'version: 1\nnonsense: true\n');

    try {
      expect(() => configOf({ policies })).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }) as Error);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
