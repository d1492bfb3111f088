import fc from 'fast-check';
import { frameOfSample } from '../../../lib/core/trace/sample.ts';
import { RATES } from '../../../lib/core/workload/rates.ts';
import { Signature, SIGNATURE_BYTES } from '../../../lib/core/workload/signature.ts';
import { aFrame } from '../../support/builders.ts';
import type { DiskUse, Frame, NicUse } from '../../../lib/core/trace/frame.ts';

const aDisk = (parts: Partial<DiskUse> = {}): DiskUse => ({
  name: 'vda',
  reads: 0,
  writes: 0,
  flushes: 0,
  readBytes: 0,
  writeBytes: 0,
  readUs: 0,
  writeUs: 0,
  busyUs: 0,
  queueUs: 0,
  ...parts,
});

const aNic = (parts: Partial<NicUse> = {}): NicUse => ({
  name: 'eth0',
  rxBytes: 0,
  rxPackets: 0,
  rxDrops: 0,
  txBytes: 0,
  txPackets: 0,
  txDrops: 0,
  ...parts,
});

const after = (...frames: readonly Frame[]): Signature => {
  const signature = Signature.create();
  for (const frame of frames) signature.update(frame);
  return signature;
};

const frames = fc.array(
  fc
    .record({
      cpu: fc.double({ min: 0, max: 64, noNaN: true }),
      calls: fc.option(fc.nat(1e7), { nil: undefined }),
      bytes: fc.nat(1e12),
      requests: fc.nat(1e6),
      interval: fc.integer({ min: 1, max: 300_000 }),
    })
    .map(({ cpu, calls, bytes, requests, interval }) => {
      const frame = aFrame({ cpu, interval, disks: [aDisk({ readBytes: bytes, reads: requests })] });
      return calls === undefined ? frame : { ...frame, values: { ...frame.values, systemCalls: calls } };
    }),
  { maxLength: 40 },
);

describe('signature', () => {
  it('keeps the mean per second of what its frames tell', () => {
    const two = [1000, 3000].map((systemCalls, i) =>
      aFrame({ at: i * 2000, interval: 2000, values: { cpuCount: 4, cpuRunUs: 4e6, systemCalls } }),
    );

    const signature = after(...two);

    expect(signature.frames).toBe(2);
    expect(signature.rate('run')).toBeCloseTo(2, 2);
    expect(signature.rate('share')).toBeCloseTo(0.5, 2);
    expect(signature.rate('calls')! / 1000).toBeCloseTo(1, 2);
  });

  it('sums disks and interfaces', () => {
    const signature = after(
      aFrame({
        disks: [aDisk({ readBytes: 4096, reads: 1 }), aDisk({ name: 'vdb', readBytes: 12_288, reads: 3 })],
        nics: [aNic({ txBytes: 1500, txPackets: 1 }), aNic({ name: 'eth1', txBytes: 500, txPackets: 1 })],
      }),
    );

    expect(signature.rate('readBytes')! / 16_384).toBeCloseTo(1, 2);
    expect(signature.rate('txPackets')).toBeCloseTo(2, 2);
    expect(signature.rate('txBytes')! / 2000).toBeCloseTo(1, 2);
  });

  it('tells a steady load from one that comes and goes', () => {
    const steady = after(...Array.from({ length: 60 }, () => aFrame({ cpu: 0.5 })));
    const bursts = after(...Array.from({ length: 60 }, (_, i) => aFrame({ cpu: i % 10 === 0 ? 1 : 0 })));

    expect(steady.rate('quiet')).toBe(0);
    expect(bursts.rate('quiet')).toBeCloseTo(0.9, 2);
    expect(bursts.rate('shareSquared')! / bursts.rate('share')! ** 2).toBeGreaterThan(5);
  });

  it('takes no bursts from frames of minutes', () => {
    const signature = after(aFrame({ interval: 300_000 }));

    expect(signature.missing()).toEqual(expect.arrayContaining(['quiet', 'shareSquared']));
    expect(signature.missing()).not.toContain('share');
  });

  it('counts the calls that open or look up files, by the numbers of x86-64 and of arm64', () => {
    const tallies = (...keys: readonly number[]) => keys.map((key) => ({ key, count: 10 }));

    expect(after(aFrame({ syscalls: tallies(0, 257, 262, -1) })).rate('opens')).toBeCloseTo(20, 1);
    expect(after(aFrame({ syscalls: tallies(63, 56, 79, -1) })).rate('opens')).toBeCloseTo(20, 1);
  });

  it('says which rates no frame told', () => {
    const signature = after(aFrame());

    expect(signature.missing()).toContain('calls');
    expect(signature.missing()).toContain('rxBytes');
    expect(signature.missing()).not.toContain('run');
    expect(Signature.create().missing()).toEqual(RATES);
  });

  it('does not take bytes of a source that counts no requests for huge requests, not even after quiet samples', () => {
    const sample = (time: number, bytes: number) =>
      frameOfSample(
        { time, vm: 'a', use: { cpu: 1, disk_read: bytes, disk_write: 0, net_rx: bytes, net_tx: 0 }, capacity: {} },
        1000,
      );

    const signature = after(sample(1000, 0), sample(2000, 1e6), sample(3000, 0));

    expect(signature.missing()).toEqual(expect.arrayContaining(['flushes', 'writes', 'rxPackets']));
    expect(signature.rate('readBytes')! / 1e6).toBeCloseTo(1 / 3, 2);
  });

  it('takes a rate that is told later as it is', () => {
    const late = aFrame({ values: { cpuCount: 1, cpuRunUs: 5e5, contextSwitches: 700 } });

    const signature = after(...Array.from({ length: 100 }, () => aFrame()), late);

    expect(signature.rate('switches')! / 700).toBeCloseTo(1, 2);
  });

  it('forgets what a primary did long ago', () => {
    const signature = after(
      ...Array.from({ length: 500 }, () => aFrame({ cpu: 0.9 })),
      ...Array.from({ length: 1500 }, () => aFrame({ cpu: 0.1 })),
    );

    expect(signature.rate('share')).toBeGreaterThan(0.09);
    expect(signature.rate('share')).toBeLessThan(0.13);
  });

  it('takes 60 bytes and goes on from them bit for bit', () => {
    fc.assert(
      fc.property(frames, frames, (before, rest) => {
        const whole = after(...before, ...rest);
        const resumed = Signature.decode(after(...before).encode());
        for (const frame of rest) resumed.update(frame);
        expect(resumed.encode()).toHaveLength(60);
        expect(resumed.encode()).toEqual(whole.encode());
      }),
    );
  });

  it('holds every rate within its range for whatever frames come', () => {
    fc.assert(
      fc.property(frames, (some) => {
        const signature = after(...some);
        for (const name of RATES) {
          const value = signature.rate(name);
          expect(value === undefined || (value >= 0 && Number.isFinite(value))).toBe(true);
        }
        const most = Math.max(0, ...some.map(({ values, interval }) => values.cpuRunUs! / (interval * 1000)));
        expect(signature.rate('share') ?? 0).toBeLessThanOrEqual(most * 1.001 + 1e-6);
      }),
    );
  });

  it('gives a copy that later frames do not change', () => {
    const signature = after(aFrame());
    const bytes = signature.encode();
    const kept = Uint8Array.from(bytes);

    signature.update(aFrame({ cpu: 0.01 }));

    expect(bytes).toEqual(kept);
  });

  it.each([
    ['too few bytes', new Uint8Array(SIGNATURE_BYTES - 1)],
    ['another version', Uint8Array.from(Signature.create().encode(), (byte, i) => (i === 0 ? 9 : byte))],
    ['nothing', new Uint8Array(0)],
  ])('refuses %s', (_what, bytes) => {
    expect(() => Signature.decode(bytes)).toThrow(/^a signature has 60 bytes and begins with version 1, got/);
  });
});
