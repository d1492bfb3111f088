import { demandOf, letOut } from '../../../lib/core/demand/demand.ts';
import type { DiskUse, Frame, FrameValues, NicUse } from '../../../lib/core/trace/frame.ts';

const frame = (values: FrameValues, parts: Partial<Frame> = {}): Frame => ({
  vm: 'web',
  at: 1_000_000,
  interval: 1_000,
  values,
  ...parts,
});

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

describe('demandOf', () => {
  it('leaves out what the frame does not tell', () => {
    expect(demandOf(frame({}))).toEqual({});
  });

  it('is the use where nothing waited', () => {
    const demand = demandOf(frame({ cpuCount: 4, cpuRunUs: 1_500_000 }));

    expect(demand.cpu).toEqual({ low: 1.5, high: 1.5 });
  });

  it('counts stolen time as wanted', () => {
    const demand = demandOf(frame({ cpuCount: 4, cpuRunUs: 1_000_000, cpuStealUs: 500_000 }));

    expect(demand.cpu?.low).toBe(1.5);
  });

  it('adds the run-queue wait when the vcpus are busy', () => {
    const demand = demandOf(frame({ cpuCount: 2, cpuRunUs: 2_000_000, cpuWaitUs: 1_000_000 }));

    expect(demand.cpu).toEqual({ low: 2, high: 3 });
  });

  it('takes use at the limit as all that was wanted where the pressure says that nobody waited', () => {
    const busy = { cpuCount: 2, cpuRunUs: 1_980_000 };

    expect(demandOf(frame({ ...busy, cpuSomeUs: 20_000 })).cpu).toEqual({ low: 1.98, high: 1.98 });
    expect(demandOf(frame({ ...busy, cpuSomeUs: 200_000 })).cpu?.high).toBeCloseTo(1.98 / 0.6, 9);
    expect(demandOf(frame(busy)).cpu?.high).toBeCloseTo(1.98 / 0.6, 9);
  });

  it('ignores scheduling delays of a vm that is not busy', () => {
    const demand = demandOf(frame({ cpuCount: 8, cpuRunUs: 1_000_000, cpuWaitUs: 300_000 }));

    expect(demand.cpu).toEqual({ low: 1, high: 1 });
  });

  it('does not believe at once that a limit cut demand to less than three fifths', () => {
    const demand = demandOf(frame({ cpuCount: 1, cpuRunUs: 1_000_000, cpuWaitUs: 50_000_000 }));

    expect(demand.cpu).toEqual({ low: 1, high: 1 / 0.6 });
  });

  it('keeps use above the limit as it is', () => {
    expect(demandOf(frame({ cpuRunUs: 4_400_000 }), { cpu: 4 }).cpu?.low).toBe(4.4);
  });

  it('is open upwards at the allocation even where no queue is measured', () => {
    const demand = demandOf(frame({ cpuCount: 4, cpuRunUs: 1_000_000 }), { cpu: 1 });

    expect(demand.cpu).toEqual({ low: 1, high: 1 / 0.6 });
  });

  it('takes memory as what is not available', () => {
    const demand = demandOf(frame({ memoryTotalBytes: 1000, memoryAvailableBytes: 400 }));

    expect(demand.memory).toEqual({ low: 600, high: 600 });
  });

  it('adds what came back from swap when memory is short', () => {
    const values = { memoryTotalBytes: 1000, memoryAvailableBytes: 10, swapInBytes: 300 };

    expect(demandOf(frame(values)).memory).toEqual({ low: 990, high: 1290 });
  });

  it('adds refaulted pages when tasks stalled on memory', () => {
    const values = { memoryTotalBytes: 1e6, memoryAvailableBytes: 5e5, memoryFullUs: 50_000, refaultsFile: 20 };

    expect(demandOf(frame(values)).memory).toEqual({ low: 5e5, high: 5e5 + 20 * 4096 });
  });

  it('sums disks and turns bytes into a rate', () => {
    const disks = [aDisk({ readBytes: 4000 }), aDisk({ readBytes: 2000, writeBytes: 100 })];

    const demand = demandOf(frame({}, { interval: 2_000, disks }));

    expect(demand.disk_read).toEqual({ low: 3000, high: 3000 });
    expect(demand.disk_write).toEqual({ low: 50, high: 50 });
  });

  it('is open upwards for a disk at its limit, however short its queue', () => {
    const disks = [aDisk({ reads: 100, readBytes: 1e6, queueUs: 1_000_000 })];

    const demand = demandOf(frame({}, { disks }), { disk_read: 1e6 });

    expect(demand.disk_read).toEqual({ low: 1e6, high: 1e6 / 0.6 });
  });

  it('is open upwards for memory that is short where nothing would show what came back', () => {
    const values = { memoryTotalBytes: 1000, memoryAvailableBytes: 40 };

    expect(demandOf(frame(values)).memory).toEqual({ low: 960, high: 960 / 0.6 });
    expect(demandOf(frame({ ...values, memoryFullUs: 0 })).memory).toEqual({ low: 960, high: 960 * 1.1 });
  });

  it('is open upwards for a nic at its limit', () => {
    const demand = demandOf(frame({}, { nics: [aNic({ rxBytes: 990, txBytes: 10 })] }), { net_rx: 1000, net_tx: 1000 });

    expect(demand.net_rx).toEqual({ low: 990, high: 990 / 0.6 });
    expect(demand.net_tx).toEqual({ low: 10, high: 10 });
  });

  it('says nothing for an interval without length', () => {
    expect(demandOf(frame({ cpuRunUs: 5 }, { interval: 0, disks: [aDisk()], nics: [aNic()] }))).toEqual({});
  });
});

describe('letOut', () => {
  it('is exact demand itself, and two fifths into an open interval', () => {
    expect(letOut({ low: 3, high: 3 })).toBe(3);
    expect(letOut({ low: 3, high: 5 })).toBeCloseTo(3.8, 12);
  });
});
