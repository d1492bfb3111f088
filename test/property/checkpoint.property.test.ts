import fc from 'fast-check';
import { ByteReader } from '../../lib/core/shadow/byte-reader.ts';
import { ByteWriter } from '../../lib/core/shadow/byte-writer.ts';
import { readHeader, writeHeader } from '../../lib/core/shadow/header-bytes.ts';
import { fromPlanes, toPlanes } from '../../lib/core/shadow/planes.ts';
import { refusalOf } from '../support/refusal-of.ts';

const time = fc.integer({ min: 0, max: 4e12 });
const epochs = fc.array(
  fc.record({ epoch: fc.string(), highest: fc.nat(), seen: fc.uint8Array({ minLength: 32, maxLength: 32 }) }),
  { maxLength: 2 },
);
const header = fc.record({
  primary: fc.record({
    vm: fc.constantFrom('i-1', 'kvm1/web'),
    name: fc.oneof(fc.constant('i-1'), fc.string()),
    actuator: fc.constantFrom('none' as const, 'kvm' as const),
  }),
  host: fc.string(),
  horizon: fc.record({ lead: fc.nat(), hold: fc.nat() }),
  lastAt: time,
  lifeAt: time,
  allocation: fc.record(
    { cpu: fc.double({ min: 0, noNaN: true }), memory: fc.nat(), net_tx: fc.double({ min: 0, noNaN: true }) },
    { requiredKeys: [] },
  ),
  frames: fc.nat(),
  state: fc.constantFrom('active' as const, 'suspended' as const),
  memory: fc.dictionary(fc.string(), fc.nat()).map((memory) => ({ ...memory })),
  sizing: fc.uint8Array({ maxLength: 70 }).map((bytes) => Uint8Array.from(bytes)),
  version: fc.nat(),
  step: fc.record({ step: fc.nat(), misfits: fc.nat(3) }),
  dedupe: fc.record({
    epochs,
    exact: fc.array(fc.record({ sequence: fc.nat(), at: time }), { maxLength: 16 }),
  }),
});

describe('a checkpoint header', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(header, (original) => {
        const to = new ByteWriter();
        writeHeader(to, original);

        const read = readHeader(new ByteReader(to.bytes, 0));
        expect(read).toEqual(original);
        const again = new ByteWriter();
        writeHeader(again, read);
        expect(again.bytes).toEqual(to.bytes);
      }),
    );
  });
});

describe('bytes', () => {
  it('hold any number', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constant(-0))), (numbers) => {
        const to = new ByteWriter();
        for (const value of numbers) to.number(value);
        const from = new ByteReader(to.bytes, 0);

        for (const value of numbers) expect(from.number()).toBe(value);
        expect(from.isAtEnd).toBe(true);
      }),
    );
  });

  it('refuse to be read beyond their end', () => {
    const to = new ByteWriter();
    to.text('shadow');

    expect(refusalOf(() => new ByteReader(to.bytes.subarray(0, 4), 0).text())).toMatchObject({ code: 'SHADOW_FORMAT' });
  });
});

describe('planes', () => {
  it('are undone, whatever is left over', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 99 }), fc.integer({ min: 1, max: 8 }), (bytes, width) => {
        const original = Uint8Array.from(bytes);

        expect(fromPlanes(toPlanes(original, width), width)).toEqual(original);
      }),
    );
  });
});
