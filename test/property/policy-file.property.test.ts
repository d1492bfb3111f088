import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { inspectPolicies } from '../../lib/adapters/policy/read-policies.ts';

const file = readFileSync(new URL('../../policies/demo.yaml', import.meta.url), 'utf8');

/** Some cuts, insertions and swaps of pieces, as slips of an editor are. */
const slip = fc.record({
  at: fc.nat(file.length),
  cut: fc.nat(12),
  put: fc.oneof(
    fc.constantFrom(
      '',
      ':',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      '*a',
      '&a ',
      '<<: *a',
      '!x ',
      '"',
      "'",
      '|',
      '20%',
      '__proto__: 1',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
});

describe('a policy file that was damaged', () => {
  it('is valid or has problems with places inside of it, and never throws', () => {
    fc.assert(
      fc.property(fc.array(slip, { maxLength: 5 }), (slips) => {
        const text = slips.reduce(
          (before, { at, cut, put }) => before.slice(0, at) + put + before.slice(at + cut),
          file,
        );
        const lines = text.split(/\r\n|\r|\n/).length;
        const inspected = inspectPolicies(text);
        if (inspected.kind === 'valid') return inspected.policies.policies.length > 0;
        return (
          inspected.problems.length > 0 &&
          inspected.problems.every(
            ({ line, column, message }) => line >= 1 && line <= lines && column >= 1 && message !== '',
          )
        );
      }),
      { numRuns: 80 },
    );
  });
});
