import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openSpool } from '../../../agent/spool.ts';
import type { BatchContent, Spool, SpoolOptions } from '../../../agent/spool.ts';
import { decodeBatch } from '../../../lib/adapters/trace/wire.ts';
import { aFrame } from '../../support/builders.ts';
import { keptLog } from '../../support/log-lines.ts';
import { tempDirs } from '../../support/temp-dir.ts';

const tempDir = tempDirs();
const BOOT = '00000000-0000-0000-0000-000000000001';
const aContent = (frames = 1): BatchContent => ({
  host: 'kvm1',
  frames: Array.from({ length: frames }, (_, index) => aFrame({ at: 1_000_000 + index })),
});
/** A number below 2^40 that looks like chance. */
const scattered = (seed: number) =>
  (Math.imul(seed + 1, 0x2c1b3c6d) >>> 0) * 256 + (Math.imul(seed + 7, 0x297a2d39) >>> 24);
/** Some 600 bytes that do not compress. */
const aBulk = (seed: number): BatchContent => ({
  host: 'kvm1',
  frames: Array.from({ length: 100 }, (_, index) => aFrame({ values: { cpuRunUs: scattered(seed * 100 + index) } })),
});
const open = (dir: string, parts: Partial<SpoolOptions> = {}) =>
  openSpool({ dir, limitBytes: 65_536, bootId: BOOT, ...parts });
const all = { records: 1_000, bytes: 1e9 };
const sequences = (spool: Spool) => spool.peek(all).map(({ epoch, sequence }) => `${epoch} ${sequence}`);
/** As `kill -9` leaves it: nothing is closed, but the lock's owner is gone. */
const abandon = (dir: string) => {
  rmSync(join(dir, 'lock'));
};
const segments = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(dir, name));
const epochs = () => {
  let count = 0;
  return () => `epoch-${(count += 1)}`;
};

describe('spool', () => {
  it('gives batches back in order, encoded with their epoch and sequence', async () => {
    const spool = await open(tempDir(), { newEpoch: epochs() });

    expect(spool.append(aContent())).toBe(1);
    expect(spool.append(aContent(2))).toBe(2);

    const [first, second] = spool.peek(all);
    expect(decodeBatch(first!.data)).toEqual({ ...aContent(), epoch: 'epoch-1', sequence: 1 });
    expect(decodeBatch(second!.data)).toEqual({ ...aContent(2), epoch: 'epoch-1', sequence: 2 });
    expect(second).toMatchObject({ host: 'kvm1', frames: 2, sequence: 2 });
    spool.close();
  });

  it('keeps a batch until it is taken, and sends a refused one before newer ones', async () => {
    const spool = await open(tempDir(), { newEpoch: epochs() });
    for (let count = 0; count < 4; count += 1) spool.append(aContent());

    const [first, , third] = spool.peek({ records: 3, bytes: 1e9 });
    spool.taken([first!, third!]);

    expect(sequences(spool)).toEqual(['epoch-1 2', 'epoch-1 4']);
    expect(spool.state()).toMatchObject({ appended: 4, taken: 2 });
    spool.close();
  });

  it('goes on with the epoch and the next sequence after kill -9, and sends what was not taken', async () => {
    const dir = tempDir();
    const before = await open(dir, { newEpoch: epochs() });
    for (let count = 0; count < 3; count += 1) before.append(aContent());
    before.taken(before.peek({ records: 1, bytes: 1e9 }));
    abandon(dir);

    const after = await open(dir, { newEpoch: () => 'another' });

    expect(after.append(aContent())).toBe(4);
    expect(sequences(after)).toEqual(['epoch-1 2', 'epoch-1 3', 'epoch-1 4']);
    expect(after.state()).toMatchObject({ found: 2, appended: 1, taken: 0 });
    after.close();
  });

  it('does not give a sequence twice when everything was taken before kill -9', async () => {
    const dir = tempDir();
    const before = await open(dir, { newEpoch: epochs() });
    before.append(aContent());
    before.taken(before.peek(all));
    abandon(dir);

    const after = await open(dir, { newEpoch: () => 'another' });

    expect(after.append(aContent())).toBe(2);
    expect(after.epoch).toBe('epoch-1');
    after.close();
  });

  it('cuts off a record that was written in part and uses its sequence again', async () => {
    const dir = tempDir();
    const before = await open(dir, { newEpoch: epochs() });
    for (let count = 0; count < 2; count += 1) before.append(aContent());
    abandon(dir);
    const [segment] = segments(dir);
    writeFileSync(segment!, readFileSync(segment!).subarray(0, -7));

    const after = await open(dir, { newEpoch: () => 'another' });

    expect(sequences(after)).toEqual(['epoch-1 1']);
    expect(after.append(aContent())).toBe(2);
    expect(sequences(after)).toEqual(['epoch-1 1', 'epoch-1 2']);
    after.close();
  });

  it('opens a new epoch when bytes changed in the middle, and counts the damage', async () => {
    const dir = tempDir();
    const before = await open(dir, { newEpoch: epochs() });
    for (let count = 0; count < 3; count += 1) before.append(aContent());
    abandon(dir);
    const [segment] = segments(dir);
    const bytes = readFileSync(segment!);
    bytes[150]! ^= 1;
    writeFileSync(segment!, bytes);

    const after = await open(dir, { newEpoch: () => 'another' });

    expect(after.append(aContent())).toBe(1);
    expect(after.epoch).toBe('another');
    expect(after.state().dropped.damaged.batches).toBe(1);
    after.close();
  });

  it('opens a new epoch after a boot, still sending what the disk kept', async () => {
    const dir = tempDir();
    const before = await open(dir, { newEpoch: epochs() });
    before.append(aContent());
    before.close();

    const after = await open(dir, { newEpoch: () => 'second-boot', bootId: BOOT.replace('1', '2') });
    after.append(aContent());

    expect(sequences(after)).toEqual(['epoch-1 1', 'second-boot 1']);
    after.close();
  });

  it('drops the oldest batches at its bound, counts them and stays within it', async () => {
    const dir = tempDir();
    const log = keptLog();
    const spool = await open(dir, { log });
    for (let count = 0; count < 120; count += 1) spool.append(aBulk(count));

    const { dropped, pending, appended } = spool.state();
    const onDisk = segments(dir).reduce((sum, path) => sum + readFileSync(path).length, 0);

    expect(dropped.limit.batches).toBeGreaterThan(0);
    expect(dropped.limit.frames).toBe(dropped.limit.batches * 100);
    expect(dropped.limit.batches + pending.batches).toBe(appended);
    expect(onDisk).toBeLessThanOrEqual(65_536);
    expect(onDisk).toBeGreaterThan(65_536 * 0.75);
    expect(spool.peek(all).at(-1)!.sequence).toBe(120);
    expect(log.events).toContain('spool-dropped');
    spool.close();
  });

  it('counts a batch that was dropped on its way out as taken after all', async () => {
    const spool = await open(tempDir());
    spool.append(aContent());
    const underWay = spool.peek(all);
    for (let count = 0; count < 120; count += 1) spool.append(aBulk(count));
    const before = spool.state().dropped.limit.batches;

    spool.taken(underWay);

    expect(spool.state().dropped.limit.batches).toBe(before - 1);
    expect(spool.state().taken).toBe(1);
    spool.close();
  });

  it('cuts a batch that is larger than a record of the stream into halves', async () => {
    const spool = await open(tempDir(), { newEpoch: epochs(), recordLimitBytes: 450 });

    expect(spool.append(aBulk(1))).toBeGreaterThan(1);

    const frames = spool.peek(all).flatMap(({ data }) => decodeBatch(data).frames);
    expect(frames).toEqual(aBulk(1).frames);
    spool.close();
  });

  it('counts a single frame that no record can hold and goes on', async () => {
    const log = keptLog();
    const spool = await open(tempDir(), { recordLimitBytes: 10, log });

    spool.append(aContent());

    expect(spool.state()).toMatchObject({ appended: 1, dropped: { 'too-large': { batches: 1, frames: 1 } } });
    expect(log.events).toContain('frame-too-large');
    spool.close();
  });

  it('refuses a directory that another living process holds', async () => {
    const dir = tempDir();
    const spool = await open(dir);

    await expect(open(dir)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(String(process.pid)),
    });
    spool.close();
    (await open(dir)).close();
  });

  it('takes over the lock of a process that is dead, also when its id lives on', async () => {
    const dir = tempDir();
    symlinkSync(`${process.pid}-1`, join(dir, 'lock'));

    const spool = await open(dir);

    expect(spool.state().storage).toBe('disk');
    spool.close();
  });

  it('refuses a limit that holds nothing', async () => {
    await expect(open(tempDir(), { limitBytes: 1_000 })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('wakes the one who waits for a batch, and on abort', async () => {
    const spool = await open(tempDir());
    const stop = new AbortController();
    const first = spool.whenPending(stop.signal);
    spool.append(aContent());
    await first;
    spool.taken(spool.peek(all));

    const second = spool.whenPending(stop.signal);
    stop.abort();
    await second;
    spool.close();
  });
});

describe('a spool whose disk takes nothing', () => {
  /** A directory that cannot be made: its parent is a file. */
  const blocked = () => {
    const parent = join(tempDir(), 'parent');
    writeFileSync(parent, '');
    return { parent, dir: join(parent, 'spool') };
  };

  it('works from memory within a bound and says so', async () => {
    const log = keptLog();
    const spool = await open(blocked().dir, { log, memoryLimitBytes: 10_000 });
    for (let count = 0; count < 100; count += 1) spool.append(aContent());

    const { storage, because, dropped, pending } = spool.state();

    expect(storage).toBe('memory');
    expect(because).toContain('ENOTDIR');
    expect(pending.bytes).toBeLessThanOrEqual(10_000);
    expect(dropped['memory-limit'].batches + pending.batches).toBe(100);
    expect(spool.peek(all).at(-1)!.sequence).toBe(100);
    expect(log.events[0]).toBe('spool-memory');
    spool.close();
  });

  it('moves to the disk when it takes bytes again, with nothing lost or renumbered', async () => {
    const { parent, dir } = blocked();
    const log = keptLog();
    const spool = await open(dir, { log, newEpoch: epochs() });
    for (let count = 0; count < 3; count += 1) spool.append(aContent());
    spool.taken(spool.peek({ records: 1, bytes: 1e9 }));
    rmSync(parent);
    for (let count = 0; count < 70; count += 1) spool.append(aContent());

    expect(spool.state()).toMatchObject({ storage: 'disk', because: undefined, appended: 73, taken: 1 });
    expect(log.events).toContain('spool-disk');
    spool.close();
    const after = await open(dir);
    expect(sequences(after)).toEqual(Array.from({ length: 72 }, (_, index) => `epoch-1 ${index + 2}`));
    after.close();
  });

  it('names what only memory holds by an epoch of its own, so that a crash takes no sequence with it', async () => {
    const dir = tempDir();
    const spool = await open(dir, { newEpoch: epochs(), limitBytes: 65_536 });
    spool.append(aContent());
    // the next segment cannot be made: as on a disk that has become full
    mkdirSync(join(dir, '00000002.seg.tmp'));
    for (let count = 0; spool.state().storage === 'disk'; count += 1) spool.append(aBulk(count));

    const [first] = spool.peek(all);
    const last = spool.peek(all).at(-1)!;

    expect(first!.epoch).toBe('epoch-1');
    expect(last).toMatchObject({ epoch: 'epoch-2', sequence: 1 });
    spool.close();
  });

  it('counts what a file has lost before its turn came', async () => {
    const dir = tempDir();
    const spool = await open(dir);
    for (let count = 0; count < 20; count += 1) spool.append(aBulk(count));
    const [first] = segments(dir);
    renameSync(first!, `${first!}.gone`);

    const waiting = spool.peek(all).length;

    const { dropped } = spool.state();
    expect(dropped.damaged.batches).toBeGreaterThan(0);
    expect(waiting + dropped.damaged.batches).toBe(20);
    spool.close();
  });

  it('passes over a file that is no segment', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, '00000001.seg'), 'nonsense');
    appendFileSync(join(dir, 'note.txt'), 'not ours');

    const spool = await open(dir);

    expect(spool.append(aContent())).toBe(1);
    expect(spool.state().dropped.damaged.batches).toBe(1);
    spool.close();
  });
});
