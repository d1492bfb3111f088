import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { openResumableCsv, type ResumableCsv } from '../../../lib/adapters/history/resumable-csv.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const open = (path: string, resume: boolean): Promise<ResumableCsv> =>
  openResumableCsv({ path, columns: ['a', 'b'], request: 'it', resume, makePlan: () => Promise.resolve({ n: 1 }) });

describe('openResumableCsv', () => {
  it('gives the same bytes however often it is broken off', async () => {
    const steps = fc.array(fc.array(fc.tuple(fc.integer(), fc.string())), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(6)), fc.constantFrom('.csv', '.csv.gz'), async (rows, breaks, ending) => {
        const dir = tempDir();
        const whole = await open(join(dir, `whole${ending}`), false);
        for (const [index, step] of rows.entries()) await whole.append(step, index);
        await whole.finish();

        const path = join(dir, `broken${ending}`);
        let csv = await open(path, false);
        for (let next = 0; next < rows.length; next = csv.notes.length) {
          if (breaks.includes(next)) {
            await csv.close();
            appendFileSync(`${path}.part`, 'torn');
            csv = await open(path, true);
          }
          await csv.append(rows[next]!, next);
        }
        await csv.finish();

        expect(csv.notes).toEqual(rows.map((_, index) => index));
        expect(readFileSync(path).equals(readFileSync(join(dir, `whole${ending}`)))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('writes gzip that unpacks to header and rows, with quotes where they are needed', async () => {
    const path = join(tempDir(), 'x.csv.gz');
    const csv = await open(path, false);
    await csv.append([[1, 'x,"y"']], 0);
    await csv.append([[undefined, Number.NaN]], 1);
    await csv.finish();

    expect(gunzipSync(readFileSync(path)).toString()).toBe('a,b\n1,"x,""y"""\n,\n');
  });

  it('refuses a state that it cannot read, and says how to begin anew', async () => {
    const path = join(tempDir(), 'x.csv');
    for (const text of ['{', '{"version":2}', '{"version":1,"request":"it","notes":[],"bytes":-1}']) {
      writeFileSync(`${path}.state`, text);
      await expect(open(path, true)).rejects.toThrow(/is no state of version 1: delete .* to begin anew/);
    }
  });

  it('begins when it is to resume and nothing was begun', async () => {
    const csv = await open(join(tempDir(), 'x.csv'), true);

    expect(csv.notes).toEqual([]);
    await csv.discard();
  });
});
