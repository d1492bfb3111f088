import { deflateRawSync } from 'node:zlib';
import { shadowOf, storedShadow } from '../../../lambdas/replay/stored-shadow.ts';
import { Shadow } from '../../../lib/core/shadow/shadow.ts';
import { aFrame, aPrimary } from '../../support/builders.ts';

const aShadow = (): Shadow => {
  const shadow = Shadow.create(aPrimary(), 'kvm1', { lead: 5_000, hold: 5_000 }, 0);
  for (let i = 1; i <= 50; i += 1) {
    const frame = aFrame({ at: i * 1000, cpu: 1 + (i % 7) / 7 });
    shadow.apply({ host: 'kvm1', epoch: 'e', sequence: i }, frame);
  }
  return shadow;
};

describe('a stored shadow', () => {
  it('comes back as it was, in less than its checkpoint', () => {
    const shadow = aShadow();
    const stored = storedShadow(shadow);

    expect(stored.length).toBeLessThan(shadow.encode().length);
    expect(shadowOf(stored)!.encode()).toEqual(shadow.encode());
  });

  it.each([
    ['nothing', () => new Uint8Array()],
    ['a plain checkpoint', () => aShadow().encode()],
    ['something else that was deflated', () => deflateRawSync(Buffer.from('no shadow'))],
    ['a cut one', () => storedShadow(aShadow()).slice(0, 200)],
    ['one with a wrong byte', () => storedShadow(aShadow()).map((byte, i) => (i === 120 ? byte ^ 1 : byte))],
    ['one that unpacks to more than any shadow', () => deflateRawSync(new Uint8Array(1 << 21))],
  ])('is undefined for %s', (_what, bytes) => {
    expect(shadowOf(bytes())).toBeUndefined();
  });
});
