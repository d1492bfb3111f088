import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readBlockIo } from '../../../lib/adapters/trace/block-io.ts';
import type { BlockRequest } from '../../../lib/core/whatif/block-request.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const HEADER = 'version,time,op,size,lbn';
const temp = tempDirs();

function file(text: string, name = 'io.csv'): string {
  const path = join(temp(), name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

async function all(path: string): Promise<BlockRequest[]> {
  const requests: BlockRequest[] = [];
  for await (const some of readBlockIo(path)) requests.push(...some);
  return requests;
}

describe('a block I/O trace', () => {
  it.each(['io.csv', 'io.csv.gz'])('is read from %s', async (name) => {
    const path = file(`${HEADER}\n1,5.5,28,4096,8\n1,5,2A,512,1\n`, name);

    expect(await all(path)).toEqual([
      { time: 5.5, kind: 'read', offset: 4096, bytes: 4096 },
      { time: 5, kind: 'write', offset: 512, bytes: 512 },
    ]);
  });

  it('may have its columns in any order, without a version, and words for the operations', async () => {
    const path = file('LBN,size,op,time,host\n0,512,read,0,a\n1,512,0x8a,1,b\n');

    expect((await all(path)).map(({ kind }) => kind)).toEqual(['read', 'write']);
  });

  it.each([
    ['2,0,28,512,0', 'io.csv:3: version "2", wanted 1'],
    ['1,0,35,512,0', 'io.csv:3: op "35", wanted 28 or read'],
    ['1,soon,28,512,0', 'io.csv:3: time "soon", wanted seconds'],
    ['1,,28,512,0', 'io.csv:3: time "", wanted seconds'],
    ['1,0,28,0,0', 'io.csv:3: size "0", wanted a whole number from 1'],
    ['1,0,28,99999999999,0', 'io.csv:3: size "99999999999", wanted a whole number'],
    ['1,0,28,512,1.5', 'io.csv:3: lbn "1.5", wanted a whole number from 0'],
    ['1,0,28,512,', 'io.csv:3: lbn "", wanted a whole number'],
    ['1,0,28,512', 'io.csv:3: 4 cells, wanted 5'],
  ])('is refused at the line with %s', async (line, message) => {
    const path = file(`${HEADER}\n1,0,28,512,0\n${line}\n`);

    await expect(all(path)).rejects.toMatchObject({
      code: 'CSV_ROW',
      message: expect.stringContaining(message) as string,
    });
  });

  it('needs its columns', async () => {
    await expect(all(file('time,vm,cpu\n1,a,2\n'))).rejects.toMatchObject({
      code: 'CSV_HEADER',
      message: expect.stringContaining('lacks op, size, lbn') as string,
    });
    await expect(all(file(''))).rejects.toMatchObject({ code: 'CSV_HEADER' });
  });

  it('must be there', async () => {
    await expect(all('/no/such/io.csv')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
