import { Shadow } from '../../../lib/core/shadow/shadow.ts';
import { refusalOf } from '../../support/refusal-of.ts';
import { aFrame, aPrimary } from '../../support/builders.ts';

const horizon = { lead: 5_000, hold: 5_000 };
const source = (sequence: number, epoch = 'e1') => ({ host: 'kvm1', epoch, sequence });
const aShadow = () => Shadow.create(aPrimary(), 'kvm1', horizon, 1_000_000);
const at = (second: number, cpu = 0.5) => aFrame({ at: 1_000_000 + second * 1000, cpu });

describe('Shadow', () => {
  it('has no forecast before its first frame', () => {
    expect(aShadow().forecast()).toBeUndefined();
  });

  it('forecasts the meters that its frames tell about', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 60; s += 1) expect(shadow.apply(source(s), at(s))).toBe('applied');

    const forecast = shadow.forecast();

    expect(forecast).toMatchObject({ vm: 'kvm1/web', at: 1_060_000, lead: 5_000, hold: 5_000 });
    expect(Object.keys(forecast?.meters ?? {})).toEqual(['cpu', 'memory']);
    expect(forecast?.meters.cpu?.samples).toBe(60);
    expect(forecast?.meters.cpu?.values[0]).toBeCloseTo(0.5, 1);
    expect(shadow).toMatchObject({ frames: 60, lastAt: 1_060_000, allocation: { cpu: 1 } });
  });

  it('counts a batch that is sent twice once', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 10; s += 1) shadow.apply(source(s), at(s));
    const before = shadow.encode();

    expect(shadow.apply(source(10), at(10))).toBe('duplicate');
    expect(shadow.apply(source(3), at(3))).toBe('duplicate');

    expect(shadow.encode()).toEqual(before);
  });

  it('takes all frames of one batch', () => {
    const shadow = aShadow();

    const taken = [1, 2, 3].map((s) => shadow.apply(source(1), at(s)));

    expect(taken).toEqual(['applied', 'applied', 'applied']);
    expect([1, 2, 3].map((s) => shadow.apply(source(1), at(s)))).toEqual(['duplicate', 'duplicate', 'duplicate']);
  });

  it('counts a large batch that is sent twice once', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 60; s += 1) shadow.apply(source(1), at(s));

    for (let s = 1; s <= 60; s += 1) expect(shadow.apply(source(1), at(s))).toBe('duplicate');
    expect(shadow.frames).toBe(60);
  });

  it('accepts reordered frames once, and does not move back in time', () => {
    const shadow = aShadow();
    shadow.apply(source(1), at(1));
    shadow.apply(source(3), at(3));

    expect(shadow.apply(source(2), at(2))).toBe('late');
    expect(shadow.apply(source(2), at(2))).toBe('duplicate');
    expect(shadow).toMatchObject({ frames: 3, lastAt: 1_003_000 });
  });

  it('starts again at 1 in a new epoch and still knows the one before', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 5; s += 1) shadow.apply(source(s), at(s));

    expect(shadow.apply(source(1, 'e2'), at(6))).toBe('applied');
    expect(shadow.apply(source(4, 'e1'), at(4))).toBe('duplicate');
    expect(shadow.apply(source(6, 'e1'), at(5.5))).toBe('late');
  });

  it('drops what is too old to be told from a duplicate', () => {
    const shadow = aShadow();
    shadow.apply(source(300), at(300));

    expect(shadow.apply(source(44), at(44))).toBe('duplicate');
    expect(shadow.apply(source(45), at(45))).toBe('late');
  });

  it('follows lifecycle events in the order of their times', () => {
    const shadow = aShadow();
    shadow.lifecycle({ vm: 'kvm1/web', kind: 'suspended', at: 1_010_000 });
    shadow.lifecycle({ vm: 'kvm1/web', kind: 'resumed', at: 1_005_000 });
    expect(shadow.state).toBe('suspended');

    shadow.lifecycle({ vm: 'kvm1/web', kind: 'resumed', at: 1_011_000 });
    expect(shadow).toMatchObject({ state: 'active', lifeAt: 1_011_000 });
  });

  it('takes a newer description and follows its vm to another host', () => {
    const shadow = aShadow();
    shadow.describe(aPrimary({ name: 'web-2' }));
    shadow.apply({ host: 'kvm2', epoch: 'e9', sequence: 1 }, at(1));

    expect(shadow.primary.name).toBe('web-2');
    expect(shadow.host).toBe('kvm2');
  });

  it('keeps what others put beside it', () => {
    const shadow = aShadow();
    shadow.memory = { cpu: { raisedAt: 5 } };
    shadow.version = 7;

    const again = Shadow.decode(shadow.encode());

    expect(again.memory).toEqual({ cpu: { raisedAt: 5 } });
    expect(again.version).toBe(7);
  });

  it('learns a sampling step that has changed', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 5; s += 1) shadow.apply(source(s), at(s));
    expect(shadow.steps).toEqual({ lead: 5, hold: 5 });

    for (let s = 1; s <= 4; s += 1)
      shadow.apply(source(5 + s), aFrame({ at: 1_005_000 + s * 5_000, interval: 5_000, cpu: 0.1 }));

    expect(shadow.steps).toEqual({ lead: 1, hold: 1 });
  });

  it('does not take lost frames for another step', () => {
    const shadow = aShadow();
    for (let s = 1; s <= 30; s += 1) shadow.apply(source(s), at(3 * s));

    expect(shadow.steps).toEqual({ lead: 5, hold: 5 });
  });

  it.each([
    ['another version', (bytes: Uint8Array) => bytes.with(4, 9)],
    ['other bytes', (bytes: Uint8Array) => bytes.with(0, 0)],
    ['a flipped bit', (bytes: Uint8Array) => bytes.with(bytes.length - 3, (bytes.at(-3) ?? 0) ^ 1)],
    ['a cut end', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['nothing', () => new Uint8Array(0)],
  ])('refuses a checkpoint with %s', (_what, damage) => {
    const shadow = aShadow();
    shadow.apply(source(1), at(1));

    expect(refusalOf(() => Shadow.decode(damage(shadow.encode())))).toMatchObject({ code: 'SHADOW_FORMAT' });
  });
});
