import fc from 'fast-check';
import { isFault } from '../../lib/core/fault.ts';
import { decodeBatch, encodeBatch } from '../../lib/adapters/trace/wire.ts';
import { batches } from '../support/trace-arbitraries.ts';

/** What came of decoding: the batch as text, or the code of the fault. Anything else that is thrown fails the test. */
function outcomeOf(bytes: Uint8Array): string {
  try {
    return JSON.stringify(decodeBatch(bytes));
  } catch (thrown) {
    if (isFault(thrown)) return thrown.code;
    throw thrown;
  }
}

describe('the trace wire format', () => {
  it('gives every batch back as it was', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
      }),
      { numRuns: 50 },
    );
  });

  it('writes equal batches as equal bytes', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(encodeBatch(structuredClone(batch))).toEqual(encodeBatch(batch));
      }),
      { numRuns: 15 },
    );
  });

  it('never gives a wrong value for a batch that was changed anywhere', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(batches, flips, (batch, changes) => {
        const bytes = encodeBatch(batch);
        const changed = Uint8Array.from(bytes);
        for (const { at, mask } of changes) changed[at % bytes.length]! ^= mask;

        const outcome = outcomeOf(changed);

        const isSame = Buffer.compare(bytes, changed) === 0;
        expect(isSame ? 'same' : outcome).toMatch(isSame ? 'same' : /^TRACE_/);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses bytes that were never a batch', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcomeOf(bytes)).toMatch(/^TRACE_(MAGIC|TRUNCATED)$/);
      }),
      { numRuns: 100 },
    );
  });
});
