import { readAnswer } from '../../../lib/local/event-source/batch-answer.ts';

const records = ['10', '20', '30'].map((sequenceNumber) => ({
  sequenceNumber,
  partitionKey: 'host',
  data: new Uint8Array(),
  arrivedAt: 0,
}));
const plain = { reportBatchItemFailures: true, windowed: false };
const windowed = { reportBatchItemFailures: true, windowed: true };
const failures = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('readAnswer', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'ok'],
    ['an empty object', {}],
    ['a list of failures that is null', { batchItemFailures: null }],
    ['an empty list of failures', failures()],
  ])('takes %s for success', (_what, answer) => {
    expect(readAnswer(answer, records, plain)).toMatchObject({ kind: 'done' });
  });

  it.each([
    ['an unknown id', failures('11')],
    ['an empty id', failures('')],
    ['an id that is null', failures(null)],
    ['a known and an unknown id', failures('30', 'x')],
    ['a wrong key', { batchItemFailures: [{ id: '20' }] }],
    ['failures that are no list', { batchItemFailures: 'all' }],
  ])('takes %s for a failure of the whole batch', (_what, answer) => {
    expect(readAnswer(answer, records, plain)).toMatchObject({ kind: 'failed', failed: 0 });
  });

  it('goes back to the lowest sequence number, in whatever order they are listed', () => {
    expect(readAnswer(failures('30', '20'), records, plain)).toMatchObject({ kind: 'failed', failed: 1 });
  });

  it('does not read failures of a mapping that does not report them', () => {
    expect(readAnswer(failures('10'), records, { ...plain, reportBatchItemFailures: false })).toMatchObject({
      kind: 'done',
    });
  });

  it.each([[{}], [undefined], [{ state: null }]])('fails in a window on %j, which has no state', (answer) => {
    expect(readAnswer(answer, records, windowed)).toMatchObject({ kind: 'failed', failed: 0 });
  });

  it('takes the state of a window, also with failures', () => {
    expect(readAnswer({ state: { n: 1 } }, records, windowed)).toEqual({ kind: 'done', state: { n: 1 } });
    expect(readAnswer({ state: {}, ...failures('20') }, records, windowed)).toMatchObject({ failed: 1, state: {} });
  });
});
