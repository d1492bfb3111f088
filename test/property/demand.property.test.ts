import fc from 'fast-check';
import { demandOf } from '../../lib/core/demand/demand.ts';
import { METERS } from '../../lib/core/meter.ts';
import type { Frame } from '../../lib/core/trace/frame.ts';
import { batches } from '../support/trace-arbitraries.ts';

const anyFrame: fc.Arbitrary<Frame> = batches.filter(({ frames }) => frames.length > 0).map(({ frames }) => frames[0]!);
const share = fc.double({ min: 0, max: 1.2, noNaN: true });
const DEEPEST_CUT = 0.6;

const aCpuFrame = (busy: number, waitUs: number, vcpus: number): Frame => ({
  vm: 'a',
  at: 0,
  interval: 1000,
  values: { cpuCount: vcpus, cpuRunUs: busy * vcpus * 1e6, cpuWaitUs: waitUs },
});

describe('demand', () => {
  it('is an interval from what was used up to at most twice of it, whatever a frame holds', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const demand = demandOf(frame);

        for (const meter of METERS) {
          const { low, high } = demand[meter] ?? { low: 0, high: 0 };
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeGreaterThanOrEqual(low);
          expect(high).toBeLessThanOrEqual(2 * low);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('never shrinks at either end when more waited', () => {
    fc.assert(
      fc.property(share, fc.nat(5e6), fc.nat(5e6), fc.integer({ min: 1, max: 64 }), (busy, wait, more, vcpus) => {
        const less = demandOf(aCpuFrame(busy, wait + 1, vcpus)).cpu!;
        const longer = demandOf(aCpuFrame(busy, wait + 1 + more, vcpus)).cpu!;

        expect(longer.low).toBe(less.low);
        expect(longer.high).toBeGreaterThanOrEqual(less.high);
      }),
    );
  });

  it('holds what was wanted behind every limit that left three fifths of it, and is exact under a generous one', () => {
    const wanted = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(wanted, fc.double({ min: DEEPEST_CUT, max: 1.5, noNaN: true }), (rate, limited) => {
        const limit = rate * limited;
        const bytes = Math.min(rate, limit);
        const nic = { name: 'eth0', rxBytes: bytes, rxPackets: 0, rxDrops: 0, txBytes: 0, txPackets: 0, txDrops: 0 };
        const frame: Frame = { vm: 'a', at: 0, interval: 1000, values: {}, nics: [nic] };
        const { low, high } = demandOf(frame, { net_rx: limit }).net_rx!;

        expect(low).toBeLessThanOrEqual(rate * (1 + 1e-12));
        expect(high).toBeGreaterThanOrEqual(rate * (1 - 1e-12));
        if (limited > 1.1) expect(high).toBe(low);
      }),
    );
  });
});
