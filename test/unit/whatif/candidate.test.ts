import { parseCandidate } from '../../../lib/core/whatif/candidate.ts';
import { refusalOf } from '../../support/refusal-of.ts';

describe('a size on the command line', () => {
  it('names meters, a volume and a burst rate of the network', () => {
    const text = 'cpu=1.5, memory=4GiB, disk_read=100MiB/s, net_tx=1Gbit/s, net_burst=5Gbit/s, volume=gp2:100GiB';
    const candidate = parseCandidate(text);

    expect(candidate).toEqual({
      label: text,
      size: { cpu: 1.5, memory: 4 * 2 ** 30, disk_read: 100 * 2 ** 20, net_tx: 125e6 },
      netBurst: 625e6,
      volume: {
        name: 'gp2:100GiB',
        operations: 300,
        burstOperations: 3000,
        creditOperations: 5_400_000,
        throughput: 128 * 2 ** 20,
      },
    });
  });

  it.each([
    ['gp2:20GiB', 100, 3000, 128],
    ['gp2:170GiB', 510, 3000, 128],
    ['gp2:1000GiB', 3000, 3000, 250],
    ['gp2:9000GiB', 16_000, 16_000, 250],
    ['gp3', 3000, 3000, 125],
    ['gp3:6000:250MiB/s', 6000, 6000, 250],
  ])('gives %s its baseline, burst and throughput', (text, operations, burst, mib) => {
    expect(parseCandidate(`volume=${text}`).volume).toMatchObject({
      operations,
      burstOperations: burst,
      creditOperations: operations < burst ? 5_400_000 : 0,
      throughput: mib * 2 ** 20,
    });
  });

  it.each([
    ['cpu', 'key=value'],
    ['cpu=0', 'more than 0'],
    ['cpu=2vcpu', 'number of vCPUs'],
    ['memory=4', 'with a unit'],
    ['disk_read=100MiB', 'unit per second'],
    ['ram=4GiB', 'has the key "ram"'],
    ['cpu=1,cpu=2', 'cpu twice'],
    ['volume=io2', 'gp3'],
    ['volume=gp3:many', 'operations'],
    ['volume=gp2', 'gp2:100GiB'],
  ])('refuses %s and says what is wanted', (text, wanted) => {
    expect(refusalOf(() => parseCandidate(text))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(wanted) as string,
    });
  });
});
