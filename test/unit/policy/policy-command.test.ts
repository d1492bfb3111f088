import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyCommand } from '../../../lib/cli/policy.ts';

const VALID = `version: 1
policies:
  - name: web
    match: { tags: { tier: web }, name: [web-*, www] }
    cpu: { mode: auto, bounds: { min: 1, max: 8 }, decrease: { windows: ['Sat 00:00-06:00'] } }
    disk_read: { mode: observe }
  - name: rest
`;

describe('shadowcast policy', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'policy-'))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const run = async (...args: readonly string[]) => {
    const said = { out: '', err: '', code: 0 };
    await policyCommand({
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      exit: (code) => (said.code = code),
    }).parseAsync(args, { from: 'user' });
    return { ...said, out: said.out.replaceAll(folder, ''), err: said.err.replaceAll(folder, '') };
  };

  it('validate says what each policy selects and may do', async () => {
    const { out, err, code } = await run('validate', file('web.yaml', VALID));

    expect([err, code]).toEqual(['', 0]);
    expect(out).toBe(`/web.yaml is valid: 2 policies
1. web (name web-* or www, tag tier web)
   cpu
     up   auto: when p95 does not fit or is 20 % above demand; by at most 100 %, to at most 8 vCPU; every 10 s
     down auto: when 25 % too large for 1 min; by at most 50 %, to at least 1 vCPU; every 1 min; only Sat 00:00-06:00
   memory, disk_write, network
     up   recommend: when p95 does not fit or is 20 % above demand; by at most 100 %; every 10 s
     down recommend: when 25 % too large for 1 min; by at most 50 %; every 1 min
   disk_read
     up   observe: when p95 does not fit or is 20 % above demand; by at most 100 %; every 10 s
     down observe: when 25 % too large for 1 min; by at most 50 %; every 1 min
   left as it is when its newest sample is older than 15 s
2. rest (every VM)
   cpu, memory, disk, network
     up   recommend: when p95 does not fit or is 20 % above demand; by at most 100 %; every 10 s
     down recommend: when 25 % too large for 1 min; by at most 50 %; every 1 min
   left as it is when its newest sample is older than 15 s
`);
  });

  it('validate looks at every file and fails when one has problems', async () => {
    const { out, err, code } = await run(
      'validate',
      file('bad.yaml', 'version: 1\npolicies: [{ nmae: web }]\n'),
      file('web.yaml', VALID),
    );

    expect(code).toBe(1);
    expect(out).toContain('/web.yaml is valid');
    expect(err).toBe(`/bad.yaml has 2 problems
  /bad.yaml:2:12 policies[0].name: is missing, want a name such as web
  /bad.yaml:2:14 policies[0].nmae: unknown key "nmae", did you mean name?
`);
  });

  it('validate --json prints one document with the policies and the problems', async () => {
    const { out, code } = await run(
      'validate',
      '--json',
      file('bad.yaml', 'version: 2\npolicies: [{ name: web }]\n'),
      file('web.yaml', VALID),
    );

    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      files: [
        {
          file: '/bad.yaml',
          valid: false,
          problems: [
            { line: 1, column: 10, path: 'version', message: 'got 2, want 1, the version of this file format' },
          ],
        },
        {
          file: '/web.yaml',
          valid: true,
          policies: [expect.objectContaining({ name: 'web' }), expect.objectContaining({ name: 'rest' })],
        },
      ],
    });
  });

  it('show says which policy governs a VM and why the ones before it do not', async () => {
    const path = file('web.yaml', VALID);

    expect((await run('show', path, '--vm', 'name=www,tag.tier=web')).out).toMatch(
      /^web matches: name www is web-\* or www, tags\.tier web is web\nweb governs it:\n {3}cpu\n/,
    );
    expect((await run('show', path, '--vm', 'name=db-1')).out).toMatch(
      /^web does not match: name db-1 is not web-\* or www, it has no tags\.tier, web is wanted\nrest matches: it selects every VM\nrest governs it:/,
    );
  });

  it('show says when no policy selects a VM', async () => {
    const path = file('db.yaml', 'version: 1\npolicies: [{ name: db, match: { host: h* } }]\n');

    expect((await run('show', path, '--vm', 'vm=kvm1/x,host=kvm1,image=i,actuator=ec2')).out).toBe(
      'db does not match: host kvm1 is not h*\nno policy selects it: it is only watched\n',
    );
  });

  it.each([
    ['a key that no VM has', 'nam=web', '"nam" is not known of a VM'],
    ['no value', 'web', '"web" says nothing of a VM'],
    ['an unknown actuator', 'actuator=xen', '"xen" is not an actuator'],
  ])('show refuses %s', async (_what, vm, words) => {
    const path = file('web.yaml', VALID);

    await expect(run('show', path, '--vm', vm)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(words),
    });
  });

  it('refuses a file that cannot be read', async () => {
    await expect(run('validate', join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('none.yaml cannot be read'),
    });
  });
});
