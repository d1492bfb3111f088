import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseSegment, encodeHeader, encodeRecord } from '../../../agent/spool-record.ts';
import { openSpool } from '../../../agent/spool.ts';
import type { Spool } from '../../../agent/spool.ts';
import { aFrame } from '../../support/builders.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const BOOT = '00000000-0000-0000-0000-000000000001';

type Step =
  | { readonly kind: 'append' }
  | { readonly kind: 'take'; readonly keep: readonly boolean[] }
  | { readonly kind: 'crash'; readonly cut: number };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ kind: 'append' }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('take' as const), keep: fc.array(fc.boolean(), { maxLength: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), cut: fc.nat({ max: 30 }) }) },
  ),
  { maxLength: 40 },
);

/** What the stream has seen and what was promised to it. */
interface World {
  spool: Spool;
  /** Everything that append has returned for and that no cut has taken back. */
  readonly promised: Set<string>;
  readonly sent: Set<string>;
  /** Ever handed to the stream, taken or not. */
  readonly shown: Map<string, string>;
}

describe('spool under random operations', () => {
  it('sends every batch that it accepted and never gives one name to two batches, whatever crashes in between', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const dir = tempDir();
        const open = () => openSpool({ dir, limitBytes: 65_536, bootId: BOOT });
        const world: World = { spool: await open(), promised: new Set(), sent: new Set(), shown: new Map() };
        let at = 1_000_000;

        for (const step of script) {
          switch (step.kind) {
            case 'append': {
              at += 1_000;
              const sequence = world.spool.append({ host: 'kvm1', frames: [aFrame({ at })] });
              world.promised.add(`${world.spool.epoch} ${sequence}`);
              break;
            }
            case 'take':
              send(world, step.keep);
              break;
            case 'crash':
              crash(dir, step.cut, world);
              world.spool = await open();
              break;
          }
        }
        send(
          world,
          Array.from({ length: 100 }, () => true),
        );

        world.spool.close();
        for (const name of world.promised) expect(world.sent).toContain(name);
      }),
      { numRuns: 40 },
    );
  });

  /** Offers the oldest batches to a stream that takes some of them. */
  function send(world: World, keep: readonly boolean[]): void {
    const records = world.spool.peek({ records: Math.max(1, keep.length), bytes: 1e9 });
    const taken = records.filter((_, index) => keep[index] === true);
    for (const record of records) {
      const name = `${record.epoch} ${record.sequence}`;
      const bytes = Buffer.from(record.data).toString('base64');
      expect(world.shown.get(name) ?? bytes).toBe(bytes);
      world.shown.set(name, bytes);
      if (taken.includes(record)) world.sent.add(name);
    }
    world.spool.taken(taken);
  }

  /** `kill -9`; with `cut`, in the middle of the write of a batch that was not handed out yet. */
  function crash(dir: string, cut: number, world: World): void {
    world.spool.close();
    rmSync(join(dir, 'lock'), { force: true });
    const last = readdirSync(dir)
      .filter((name) => name.endsWith('.seg'))
      .sort()
      .at(-1)!;
    const file = readFileSync(join(dir, last));
    const parsed = parseSegment(file)!;
    const name = `${parsed.header.epoch} ${parsed.header.firstSequence + parsed.records.length - 1}`;
    if (cut === 0 || parsed.records.length === 0 || world.shown.has(name)) return;
    truncateSync(join(dir, last), file.length - cut);
    world.promised.delete(name);
  }
});

describe('segment files', () => {
  const records = fc.array(
    fc.record({ host: fc.string({ maxLength: 20 }), frames: fc.nat(), data: fc.uint8Array({ maxLength: 100 }) }),
    { maxLength: 6 },
  );
  const header = { firstSequence: 7, epoch: '0123456789abcdef', bootId: BOOT };
  const fileOf = (list: readonly { host: string; frames: number; data: Uint8Array }[]) =>
    Buffer.concat([encodeHeader(header), ...list.map((record) => encodeRecord(record))]);
  const plain = (list: readonly { host: string; frames: number; data: Uint8Array }[]) =>
    list.map((record) => ({ ...record, data: [...record.data] }));

  it('read back as they were written', () => {
    fc.assert(
      fc.property(records, (list) => {
        const parsed = parseSegment(fileOf(list));

        expect(parsed).toMatchObject({ header, tail: 'whole' });
        // a string that is no well-formed Unicode cannot be a host's name
        expect(plain(parsed!.records)).toEqual(
          plain(list.map((record) => ({ ...record, host: record.host.toWellFormed() }))),
        );
      }),
    );
  });

  it('give the whole records before a cut, and nothing else', () => {
    fc.assert(
      fc.property(records, fc.nat(), (list, place) => {
        const file = fileOf(list);
        const parsed = parseSegment(file.subarray(0, place % (file.length + 1)));

        const kept = parsed?.records ?? [];
        expect(plain(kept)).toEqual(
          plain(list.slice(0, kept.length).map((record) => ({ ...record, host: record.host.toWellFormed() }))),
        );
        expect(parsed?.tail).not.toBe('damaged');
      }),
    );
  });

  it('never give a changed record', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 0, max: 7 }), (list, place, bit) => {
        const file = fileOf(list);
        const at = place % file.length;
        file[at]! ^= 1 << bit;

        const kept = parseSegment(file)?.records ?? [];

        expect(plain(kept)).toEqual(
          plain(list.slice(0, kept.length).map((record) => ({ ...record, host: record.host.toWellFormed() }))),
        );
      }),
    );
  });
});
