import { Shadow } from '../../../lib/core/shadow/shadow.ts';
import { frameOfSample } from '../../../lib/core/trace/sample.ts';
import { expectGolden } from '../../support/golden-text.ts';

const hexLines = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{120})/g, '$1\n')}\n`;

describe('a shadow checkpoint', () => {
  it('has the same bytes for the same frames', () => {
    const shadow = Shadow.create({ vm: 'a', name: 'a', actuator: 'none' }, 'h', { lead: 5_000, hold: 5_000 }, 0);
    for (let s = 1; s <= 400; s += 1) {
      const wave = 1 + (s % 20) / 10 + (s % 60 === 0 ? 4 : 0);
      const use = { cpu: wave, memory: wave * 2 ** 28, disk_read: s % 7 === 0 ? 4096 : 0 };
      const sample = { time: 1_700_000_000_000 + s * 1000, vm: 'a', use, capacity: { cpu: 8, memory: 2 ** 32 } };
      shadow.apply({ host: 'h', epoch: 'e', sequence: s }, frameOfSample(sample, 1000));
    }

    expectGolden(new URL('../../golden/shadow/v4.hex', import.meta.url), hexLines(shadow.encode()));
  });
});
