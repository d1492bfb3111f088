import fc from 'fast-check';
import { isFault } from '../../lib/core/fault.ts';
import { RowBuilder, TableReader, TableWriter } from '../../lib/adapters/trace/table.ts';
import { numberOf } from '../../lib/adapters/trace/csv-cells.ts';

const value = fc.oneof(fc.nat({ max: 5 }), fc.maxSafeNat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER, 1_000_000));
const cell = fc.option(value, { nil: undefined });

describe('columns', () => {
  it('come back as they were, whatever they are said to be like', () => {
    const columns = fc.array(fc.array(cell, { minLength: 30, maxLength: 30 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(columns, fc.nat({ max: 40 }), fc.nat({ max: 5 }), (given, lag, key) => {
        const builder = new RowBuilder();
        for (let row = 0; row < 30; row += 1) {
          given.forEach((column, index) => {
            const number = column[row];
            if (number !== undefined) builder.set(index + 1, number);
          });
          builder.end();
        }
        const rows = builder.finish();
        const writer = new TableWriter();
        writer.add(rows, { lags: [lag, 1], key });

        const reader = new TableReader(writer.finish());
        const read = reader.next();

        reader.finish();
        expect(read).toEqual(rows);
      }),
      { numRuns: 100 },
    );
  });

  it('that are noise are refused or read, in bounded time and memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = new TableReader(bytes);
        try {
          for (let table = 0; table < 8; table += 1) reader.next();
          reader.finish();
        } catch (thrown) {
          expect(isFault(thrown) && thrown.code).toMatch(/^TRACE_(MALFORMED|TOO_LARGE)$/);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a number cell', () => {
  it('says what JavaScript prints of a number', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(numberOf(String(number))).toBe(Math.abs(number));
      }),
    );
  });
});
