import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { virsh } from '../../../agent/allocator/virsh.ts';

describe('virsh', () => {
  const directory = mkdtempSync(join(tmpdir(), 'virsh-'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  /** A program in virsh's place. */
  const aProgram = (name: string, script: string): string => {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it('hands every argument on as it is, with messages in plain C', async () => {
    const program = aProgram('echo', 'echo "$LC_ALL"; for a in "$@"; do echo "<$a>"; done');

    const said = await virsh({ uri: 'qemu:///system', program })(['setmem', 'a b; $(id)', '--live']);

    expect(said).toBe('C\n<-q>\n<-c>\n<qemu:///system>\n<setmem>\n<a b; $(id)>\n<--live>\n');
  });

  it('fails with all that virsh said, in one line', async () => {
    const program = aProgram(
      'fail',
      'printf "error: Unable to change it\\nerror: invalid argument: no disk\\n\\n" >&2; exit 1',
    );

    await expect(virsh({ uri: 'u', program })(['blkdeviotune', 'web'])).rejects.toMatchObject({
      code: 'ACT_FAILED',
      message: 'virsh blkdeviotune web: Unable to change it: invalid argument: no disk',
    });
  });

  it('kills a virsh that does not answer in time', async () => {
    const program = aProgram('hang', 'exec sleep 600');

    await expect(virsh({ uri: 'u', program })(['domstats'], 200)).rejects.toMatchObject({
      code: 'ACT_FAILED',
      message: 'virsh domstats: did not answer in 200 ms',
    });
  });

  it('says that there is no virsh', async () => {
    await expect(virsh({ uri: 'u', program: join(directory, 'none') })(['list'])).rejects.toMatchObject({
      code: 'ACT_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
