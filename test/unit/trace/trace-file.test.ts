import { readFileSync } from 'node:fs';
import type { Batch } from '../../../lib/core/trace/frame.ts';
import { appendBatch, openTraceFile, readTraceFile } from '../../../lib/adapters/trace/file.ts';
import { fullBatch } from '../../support/trace-batches.ts';
import { aTemporaryFolder } from '../../support/trace-temporary.ts';

const folder = aTemporaryFolder();
const batches: Batch[] = [1, 2, 3].map((seed) => ({ ...fullBatch({ vms: 2, seconds: 2, seed }), sequence: seed }));

async function aTrace(name: string): Promise<string> {
  const writer = await openTraceFile(folder.path(name));
  for (const batch of batches) await writer.append(batch);
  await writer.close();
  return folder.path(name);
}

/** What a file gives, and what it ends with. */
async function readAll(path: string): Promise<{ sequences: number[]; error: unknown }> {
  const sequences: number[] = [];
  try {
    for await (const { sequence } of readTraceFile(path)) sequences.push(sequence);
  } catch (error) {
    return { sequences, error };
  }
  return { sequences, error: undefined };
}

describe('a trace file', () => {
  it('gives back the batches that were appended, in order', async () => {
    const path = await aTrace('whole.trace');

    const read: Batch[] = [];
    for await (const batch of readTraceFile(path)) read.push(batch);

    expect(read).toEqual(batches);
  });

  it('grows when it is opened again', async () => {
    const path = await aTrace('grown.trace');

    await appendBatch(path, { ...batches[0]!, sequence: 4 });

    expect(await readAll(path)).toEqual({ sequences: [1, 2, 3, 4], error: undefined });
  });

  it('with a cut last record gives the ones before it and then says where it is cut', async () => {
    const whole = readFileSync(await aTrace('to-cut.trace'));
    const first = 4 + whole.readUInt32LE(0);
    const second = 4 + whole.readUInt32LE(first);

    for (const length of [whole.length - 1, first + second + 30, first + second + 2]) {
      const path = folder.write('cut.trace', whole.subarray(0, length));
      const { sequences, error } = await readAll(path);

      expect(sequences).toEqual([1, 2]);
      expect(error).toMatchObject({ code: 'TRACE_TRUNCATED' });
      expect(String(error)).toContain(`cut.trace, record at byte ${first + second}:`);
    }
  });

  it('with a changed byte gives the records before it and then says which one is damaged', async () => {
    const bytes = readFileSync(await aTrace('to-change.trace'));
    const second = 4 + bytes.readUInt32LE(0);
    bytes[second + 40]! ^= 4;

    const { sequences, error } = await readAll(folder.write('changed.trace', bytes));

    expect(sequences).toEqual([1]);
    expect(error).toMatchObject({ code: 'TRACE_CRC' });
    expect(String(error)).toContain(`record at byte ${second}:`);
  });

  it('that begins with an absurd length is refused without reading that far', async () => {
    const path = folder.write('absurd.trace', Uint8Array.of(255, 255, 255, 255, 0, 0));

    expect((await readAll(path)).error).toMatchObject({ code: 'TRACE_TOO_LARGE' });
  });

  it('that is empty has no batches, and one that is not there is said so', async () => {
    expect(await readAll(folder.write('empty.trace', ''))).toEqual({ sequences: [], error: undefined });
    expect((await readAll(folder.path('missing.trace'))).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('missing.trace') as string,
    });
  });
});
